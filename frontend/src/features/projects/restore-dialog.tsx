import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { push, restoreVersion, versionQuery } from "@/api/projects";
import { quiet } from "@/app/session/query-client";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { ProblemPanel } from "@/components/error-panel";
import { SkeletonRows } from "@/components/skeleton";
import { toast } from "@/components/toast";
import { ChangeList } from "@/features/push/change-list";
import { words } from "@/words";

const text = words.projects.versionPage;

interface RestoreDialogProps {
  project: string;
  version: number;
  newest: number;
  onClose: () => void;
}

/** Says what going back to a version would change, and does it in the place of the version that was looked at. */
export function RestoreDialog({ project, version, newest, onClose }: RestoreDialogProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const look = useQuery({
    queryKey: ["projects", project, "restoring", version, newest],
    queryFn: async () => {
      const { file } = await client.query(versionQuery(project, version));
      return push({ project, file, expected: newest }, true);
    },
    retry: false,
    gcTime: 0,
  });
  const restore = useMutation({
    meta: quiet,
    mutationFn: () => restoreVersion(project, version, newest),
    onSuccess: (pushed) => {
      void client.invalidateQueries({ queryKey: ["projects"] });
      toast({ title: text.restored(pushed.version ?? newest) });
      onClose();
      return navigate({ to: "/projects/$project", params: { project }, search: { tab: "versions" } });
    },
  });
  const problem = look.error ?? restore.error;
  return (
    <Dialog
      open
      onClose={onClose}
      wide
      title={text.restoreTitle(version)}
      about={text.restoreAbout(newest + 1)}
      actions={
        <>
          <Button look="ghost" onClick={onClose}>
            {words.actions.close}
          </Button>
          <Button look="primary" disabled={!look.data || restore.isPending} onClick={() => restore.mutate()}>
            {text.restoreDo(version)}
          </Button>
        </>
      }
    >
      {problem ? (
        <ProblemPanel title={text.failed} problem={problem} />
      ) : !look.data ? (
        <SkeletonRows rows={3} />
      ) : look.data.changes.length === 0 ? (
        <p className="text-fg-2">{text.nothing}</p>
      ) : (
        <div className="-mx-5">
          <ChangeList changes={look.data.changes} />
        </div>
      )}
    </Dialog>
  );
}
