import { CircleAlert, CircleCheck, Undo2, X } from "lucide-react";
import { useEffect, useSyncExternalStore } from "react";
import { words } from "@/words";
import { Button, IconButton } from "./button";
import { classes } from "./classes";
import { Said } from "./said";

export interface ToastText {
  title: string;
  /** What more there is to say, names of things between backticks. */
  more?: string | undefined;
  tone?: "ok" | "bad" | "removed";
  /** What it tells of: it takes the place of what was told of that before. */
  about?: string;
  /** What can be done about it; `Undo` where something was removed. */
  action?: { name: string; run: () => void };
}

interface Shown extends ToastText {
  id: number;
}

let shown: readonly Shown[] = [];
let last = 0;
const listeners = new Set<() => void>();

function change(next: readonly Shown[]) {
  shown = next;
  listeners.forEach((tell) => tell());
}

/** Says something at the bottom right. Errors stay until they are closed. */
export function toast(text: ToastText): void {
  last += 1;
  const others = shown.filter(({ about }) => about === undefined || about !== text.about);
  change([...others.slice(-3), { ...text, id: last }]);
}

const close = (id: number) => change(shown.filter((one) => one.id !== id));

const subscribe = (tell: () => void) => {
  listeners.add(tell);
  return () => listeners.delete(tell);
};

/** Where toasts come up. */
export function Toasts() {
  const all = useSyncExternalStore(subscribe, () => shown);
  return (
    <div
      role="status"
      aria-live="polite"
      className="fixed right-4 bottom-4 z-(--z-toast) flex w-85 flex-col gap-2"
    >
      {/* What takes another's place is the same element: a press that has begun still lands. */}
      {all.map((one) => (
        <Toast key={one.about ?? one.id} {...one} />
      ))}
    </div>
  );
}

const SIGNS = { ok: CircleCheck, bad: CircleAlert, removed: Undo2 };

function Toast({ id, title, more, tone = "ok", action }: Shown) {
  useEffect(() => {
    if (tone === "bad") {
      return;
    }
    const timer = setTimeout(() => close(id), 5000);
    return () => clearTimeout(timer);
  }, [id, tone]);
  const Sign = SIGNS[tone];
  return (
    <div className="appear flex min-h-11 items-center gap-2.5 rounded-3 border border-line-2 bg-pop py-2 pr-2 pl-3 shadow-e2">
      <Sign
        size={16}
        strokeWidth={1.6}
        aria-hidden
        className={classes(
          "shrink-0",
          { ok: "text-ok-text", bad: "text-bad-text", removed: "text-fg-3" }[tone],
        )}
      />
      <div className="min-w-0 grow">
        <div className="font-medium">{title}</div>
        {more !== undefined && (
          <div className="line-clamp-4 text-12 wrap-break-word text-fg-2">
            <Said text={more} />
          </div>
        )}
      </div>
      {action && (
        <Button
          look="ghost"
          size="sm"
          onClick={() => {
            action.run();
            close(id);
          }}
        >
          {action.name}
        </Button>
      )}
      <IconButton icon={X} name={words.actions.close} size="sm" onClick={() => close(id)} />
    </div>
  );
}
