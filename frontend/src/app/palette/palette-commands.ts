import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { FolderClosed } from "lucide-react";
import { useMemo } from "react";
import { projectsQuery } from "@/api/projects";
import { useOffered, type Command } from "@/app/keys/commands";
import { words } from "@/words";

/** What is on offer, and each project by its name. */
export function usePaletteCommands(): readonly Command[] {
  const offered = useOffered();
  const { data: projects } = useQuery(projectsQuery);
  const navigate = useNavigate();
  const named = useMemo(
    () =>
      (projects ?? []).map(({ project }): Command => ({
        id: `project ${project}`,
        group: "go",
        name: words.shell.go(project),
        icon: FolderClosed,
        run: () => void navigate({ to: "/projects/$project", params: { project } }),
      })),
    [projects, navigate],
  );
  return useMemo(() => [...offered, ...named], [offered, named]);
}
