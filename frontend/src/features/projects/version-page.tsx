import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { History } from "lucide-react";
import { useState } from "react";
import { projectQuery, versionQuery } from "@/api/projects";
import { useRefusal } from "@/app/session/session";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { CopyButton } from "@/components/copy-button";
import { ProblemPanel } from "@/components/error-panel";
import { Moment } from "@/components/moment";
import { Page } from "@/components/page";
import { SkeletonRows } from "@/components/skeleton";
import { Segmented } from "@/components/tabs";
import { words } from "@/words";
import { FileLines } from "./file-lines";
import { lineDiff } from "./line-diff";
import { RestoreDialog } from "./restore-dialog";

const text = words.projects;

/** A version with its file, what it changed, and the way back to it. */
export function VersionPage() {
  const params = useParams({ from: "/projects/$project/versions/$version" });
  const { project } = params;
  const number = Number(params.version);
  const [shown, setShown] = useState<"file" | "diff">("file");
  const [restoring, setRestoring] = useState(false);
  const { data: version, error } = useQuery(versionQuery(project, number));
  const { data: before } = useQuery({
    ...versionQuery(project, number - 1),
    enabled: number > 1 && shown === "diff",
  });
  const { data: holds } = useQuery(projectQuery(project));
  const isNewest = holds?.version === number;
  const refused = useRefusal()("editor", project) ?? (isNewest ? text.versionPage.is : undefined);
  return (
    <Page
      title={text.version(number)}
      crumbs={[
        <Link
          to="/projects/$project"
          params={{ project }}
          search={{ tab: "versions" }}
          className="hover:underline"
        >
          {project}
        </Link>,
      ]}
      state={
        <>
          {isNewest && <Badge tone="ok">{text.versionPage.newest}</Badge>}
          {version && (
            <span>
              {text.pushed} <Moment at={version.applied_at} />
            </span>
          )}
        </>
      }
      actions={
        <>
          <Segmented
            name={text.versionPage.show}
            value={shown}
            onChoose={setShown}
            choices={[
              { value: "file", name: text.versionPage.file },
              { value: "diff", name: text.versionPage.diff },
            ]}
          />
          {version && <CopyButton size="md" name={text.versionPage.copy} text={version.file} />}
          <Button icon={History} refused={refused} onClick={() => setRestoring(true)}>
            {text.versionPage.restore}
          </Button>
        </>
      }
    >
      {error ? (
        <div className="max-w-160 p-6">
          <ProblemPanel title={words.errors.notLoaded} problem={error} />
        </div>
      ) : !version ? (
        <SkeletonRows rows={12} />
      ) : shown === "file" ? (
        <FileLines
          name={text.versionPage.file}
          lines={version.file
            .replace(/\n$/, "")
            .split("\n")
            .map((line, at) => ({ kind: "same", text: line, number: at + 1 }))}
        />
      ) : number === 1 ? (
        <p className="px-5 py-4 text-fg-2">{text.versionPage.first}</p>
      ) : (
        before && <FileLines name={text.versionPage.diff} lines={lineDiff(before.file, version.file)} />
      )}
      {restoring && holds && (
        <RestoreDialog
          project={project}
          version={number}
          newest={holds.version}
          onClose={() => setRestoring(false)}
        />
      )}
    </Page>
  );
}
