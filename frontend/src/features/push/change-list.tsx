import type { Change } from "@/api/types";
import { classes } from "@/components/classes";
import { Said } from "@/components/said";
import { words } from "@/words";

const text = words.push;
const SIGNS = {
  added: { text: "+", look: "bg-ok-soft text-ok-text" },
  changed: { text: "~", look: "bg-warn-soft text-warn-text" },
  removed: { text: "−", look: "bg-bad-soft text-bad-text" },
} as const;

/** The sign of a change, with its word for those who do not see it. */
export const ChangeSign = ({ change }: { change: Change["change"] }) => (
  <span
    className={classes(
      "grid size-4 shrink-0 place-items-center rounded-1 font-mono text-12 font-semibold",
      SIGNS[change].look,
    )}
  >
    <span aria-hidden>{SIGNS[change].text}</span>
    <span className="sr-only">{text.kinds[change]}</span>
  </span>
);

/** What a push would change, by what it is about. */
export function ChangeList({ changes }: { changes: readonly Change[] }) {
  const groups = (["connection", "sync", "other"] as const).map((group) => ({
    group,
    changes: changes.filter((change) => groupOf(change) === group),
  }));
  return groups.map(
    ({ group, changes }) =>
      changes.length > 0 && (
        <section key={group} className="mb-3">
          <h3 className="px-5 pt-2 pb-1 text-12 text-fg-3">{text.groups[group]}</h3>
          <ul className="border-t border-line">
            {changes.map(({ change, what }) => (
              <li key={`${change} ${what}`} className="flex gap-3 border-b border-line px-5 py-2.5 text-12">
                <ChangeSign change={change} />
                <span className="min-w-0 wrap-break-word">
                  <Said text={what} />
                </span>
              </li>
            ))}
          </ul>
        </section>
      ),
  );
}

function groupOf({ what }: Change): "connection" | "sync" | "other" {
  const [first] = what.split(" ", 1);
  return first === "connection" || first === "sync"
    ? first
    : first === "stream" || first === "column"
      ? "sync"
      : "other";
}
