import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { FolderClosed, Play, RefreshCw } from "lucide-react";
import { projectsQuery } from "@/api/projects";
import { useOffered, type Command } from "@/app/keys/commands";
import { useRefusal } from "@/app/session/session";
import { useAllSyncs } from "@/features/syncs/all-syncs";
import { useRunSync } from "@/features/syncs/run-sync";
import { words } from "@/words";

const text = words.shell;

/** What is on offer, and each project and sync by its name. */
export function usePaletteCommands(): readonly Command[] {
  const offered = useOffered();
  const { data: projects = [] } = useQuery(projectsQuery);
  const { syncs } = useAllSyncs();
  const navigate = useNavigate();
  const { mutate: start } = useRunSync();
  const refusal = useRefusal();
  const named = [
    ...projects.map(({ project }): Command => ({
      id: `project ${project}`,
      group: "go",
      name: text.go(project),
      icon: FolderClosed,
      run: () => void navigate({ to: "/projects/$project", params: { project } }),
    })),
    ...syncs.flatMap(({ project, sync }): Command[] => {
      const params = { project, sync };
      return [
        {
          id: `sync ${project}/${sync}`,
          group: "go",
          name: text.go(sync),
          icon: RefreshCw,
          run: () => void navigate({ to: "/projects/$project/syncs/$sync", params }),
        },
        {
          id: `run ${project}/${sync}`,
          group: "everywhere",
          name: text.run(sync),
          icon: Play,
          refused: refusal("operator", project),
          run: () => start(params),
        },
      ];
    }),
  ];
  return [...offered, ...named];
}
