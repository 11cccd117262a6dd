import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useRefusal } from "@/app/session/session";
import { Button, buttonClasses } from "@/components/button";
import type { ProjectSync } from "@/features/syncs/all-syncs";
import { useRunSync } from "@/features/syncs/run-sync";
import { words } from "@/words";

const text = words.home.first;

/** Where nothing has run yet: the first sync, run by one press. */
export function FirstRun({ of: { project, sync } }: { of: ProjectSync }) {
  const start = useRunSync();
  const refused = useRefusal()("operator", project);
  return (
    <section
      aria-label={text.title}
      className="mb-5 flex items-center gap-6 rounded-3 border border-accent-line bg-accent-soft px-5 py-4"
    >
      <div className="min-w-0 grow">
        <h2 className="text-14 font-semibold">{text.title}</h2>
        <p className="mt-0.5 max-w-[72ch] text-fg-2">
          {project === "quickstart" ? text.quickstart : text.about(project)}
        </p>
      </div>
      <div className="flex shrink-0 items-center gap-2">
        <Link
          to="/projects/$project/designer/$sync"
          params={{ project, sync }}
          className={buttonClasses("plain")}
        >
          {text.look}
        </Link>
        <Button
          look="primary"
          icon={Play}
          refused={refused}
          disabled={start.isPending}
          onClick={() => start.mutate({ project, sync })}
        >
          {text.run(sync)}
        </Button>
      </div>
    </section>
  );
}
