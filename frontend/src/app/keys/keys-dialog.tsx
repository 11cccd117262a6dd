import { Dialog } from "@/components/dialog";
import { Kbd } from "@/components/kbd";
import { words } from "@/words";
import { useOffered } from "./commands";

const GROUPS = ["page", "go", "everywhere"] as const;

/** All keys that do something now. */
export function KeysDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const commands = useOffered().filter((command) => command.keys !== undefined);
  return (
    <Dialog open={open} onClose={onClose} title={words.shell.keys.title} about={words.shell.keys.note}>
      {GROUPS.map((group) => {
        const inGroup = commands.filter((command) => command.group === group);
        return (
          inGroup.length > 0 && (
            <section key={group} className="mb-4">
              <h3 className="mb-1 text-11 font-medium text-fg-3">{words.shell.keys.groups[group]}</h3>
              <ul>
                {inGroup.map((command) => (
                  <li
                    key={command.id}
                    className="flex h-7 items-center justify-between gap-4 border-b border-line"
                  >
                    <span className="truncate">{command.name}</span>
                    <span className="flex gap-1">
                      {command.keys?.split(", ").map((keys) => (
                        <Kbd key={keys} keys={keys} />
                      ))}
                    </span>
                  </li>
                ))}
              </ul>
            </section>
          )
        );
      })}
    </Dialog>
  );
}
