import { Link } from "@tanstack/react-router";
import type { Trigger } from "@/api/types";
import { words } from "@/words";
import { moment } from "@/words/figures";

const text = words.runs.trigger;

/** Why a run was started, in words. */
export function triggerText(trigger: Trigger): string {
  switch (trigger.kind) {
    case "manual":
      return text.manual;
    case "schedule":
      return text.schedule(moment(trigger.tick));
    case "after":
      return text.after;
    case "retry":
      return text.retry;
  }
}

/** The same, with the way to the other run where there is one. */
export const RunTrigger = ({ trigger }: { trigger: Trigger }) =>
  "run" in trigger ? (
    <Link to="/runs/$run" params={{ run: trigger.run }} className="truncate underline underline-offset-2">
      {triggerText(trigger)}
    </Link>
  ) : (
    <span className="truncate">{triggerText(trigger)}</span>
  );
