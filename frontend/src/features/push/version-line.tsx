import { Lock, Server } from "lucide-react";
import { platform } from "@/platform";
import { place } from "@/platform/place";
import { words } from "@/words";

const text = words.push;

/** What the agent is called that the page shows: its address, or its name on the desktop. */
const shownPlace = () => (platform.desktop ? (place() ?? words.places.here) : window.location.host);

interface VersionLineProps {
  project: string;
  version: number | undefined;
  isNew: boolean;
  /** Where it is pushed to. */
  where?: string;
}

/** From the version that holds to the one that the push makes, and what it is locked to. */
export function VersionLine({ project, version, isNew, where = shownPlace() }: VersionLineProps) {
  if (project === "" || (version === undefined && !isNew)) {
    return null;
  }
  return (
    <div className="flex shrink-0 items-center gap-6 border-b border-line bg-surface-2 px-5 py-3">
      <div className="flex min-w-0 items-center gap-2.5">
        <span className="grid size-8 shrink-0 place-items-center rounded-3 bg-surface-1 text-fg-2 shadow-[inset_0_0_0_1px_var(--line-2)]">
          <Server size={16} strokeWidth={1.5} aria-hidden />
        </span>
        <div className="min-w-0">
          <div className="truncate font-medium">{project}</div>
          <div className="data truncate text-fg-3">{where}</div>
        </div>
      </div>
      <div className="relative flex grow items-start justify-center gap-30 text-11" aria-hidden>
        {version !== undefined && (
          <span className="flex w-24 flex-col items-center gap-1.5 font-medium">
            <span className="size-2.5 rounded-full bg-fg-1" />
            {text.now(version)}
          </span>
        )}
        <span className="flex w-24 flex-col items-center gap-1.5 font-medium text-accent-text">
          <span className="size-2.5 rounded-full border-2 border-accent bg-surface-1" />
          {text.next((version ?? 0) + 1)}
        </span>
        {version !== undefined && (
          <span className="absolute top-1 left-1/2 w-42 -translate-x-1/2 border-t-2 border-dotted border-accent" />
        )}
      </div>
      <div className="shrink-0 border-l border-line-2 pl-5 text-12">
        <div className="flex items-center gap-1.5 font-medium">
          <Lock size={14} className="text-ok" aria-hidden />
          {version === undefined ? text.lockedNew : text.locked(version)}
        </div>
        <div className="text-fg-3">{version === undefined ? text.lockedNewAbout : text.lockedAbout}</div>
      </div>
    </div>
  );
}
