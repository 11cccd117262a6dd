import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { projectFileQuery } from "@/api/project-file";
import { Problem } from "@/api/problem";
import { Button } from "@/components/button";
import { toast } from "@/components/toast";
import { platform } from "@/platform";
import { words } from "@/words";

/** Saves the file that holds where somebody chooses; opened on the page Push, it is imported again. */
export function ExportButton({ project, version }: { project: string; version: number }) {
  const { data: file } = useQuery(projectFileQuery(project, version));
  const save = (text: string) =>
    platform.saveText({ name: `${project}.sync.yaml`, text }).catch((thrown: unknown) => {
      toast({ tone: "bad", title: Problem.from(thrown).why, more: Problem.from(thrown).remedy });
    });
  return (
    <Button look="ghost" icon={Download} disabled={!file} onClick={() => file && void save(file.text)}>
      {words.projects.exportFile}
    </Button>
  );
}
