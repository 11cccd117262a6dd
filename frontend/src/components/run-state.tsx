import {
  CircleAlert,
  CircleCheck,
  CirclePause,
  Clock,
  TriangleAlert,
  X,
  type LucideIcon,
} from "lucide-react";
import type { ReactNode } from "react";
import { words } from "@/words";
import { Badge, type Tone } from "./badge";
import { classes } from "./classes";

/** All states of a run, a stream, a job or a sync. */
export type State = keyof typeof words.states;

interface Look {
  tone: Tone;
  icon?: LucideIcon;
  text: string;
  sign: string;
}

const RUNNING: Look = { tone: "running", text: "text-accent-text", sign: "" };
const WAITING: Look = { tone: "plain", icon: Clock, text: "text-fg-2", sign: "text-fg-3" };

const LOOKS: Record<State, Look> = {
  running: RUNNING,
  cancelling: RUNNING,
  done: { tone: "ok", icon: CircleCheck, text: "text-fg-2", sign: "text-ok" },
  partial: { tone: "warn", icon: TriangleAlert, text: "text-warn-text", sign: "" },
  stalled: { tone: "warn", icon: TriangleAlert, text: "text-warn-text", sign: "" },
  failed: { tone: "bad", icon: CircleAlert, text: "text-bad-text", sign: "" },
  held: WAITING,
  queued: WAITING,
  waiting: WAITING,
  paused: { tone: "plain", icon: CirclePause, text: "text-fg-2", sign: "text-fg-3" },
  cancelled: { tone: "plain", icon: X, text: "text-fg-2", sign: "text-fg-3" },
};

/** Whether something of it goes on. */
export const isLive = (state: State): boolean =>
  !["done", "partial", "failed", "cancelled", "paused"].includes(state);

interface RunStateProps {
  state: State;
  /** Nothing is in that state: it asks for no attention. */
  none?: boolean;
  children?: ReactNode;
}

/** The state as icon and word; `children` go before the word's place in tables (`Done in 14 s`). */
export function RunState({ state, none = false, children }: RunStateProps) {
  const { icon: Icon, text, sign } = LOOKS[state];
  return (
    <span
      className={classes(
        "inline-flex items-center gap-1.5 align-middle text-12 font-medium whitespace-nowrap",
        none ? "text-fg-3" : text,
      )}
    >
      {Icon ? <Icon size={14} strokeWidth={1.6} className={none ? "" : sign} aria-hidden /> : <Dot />}
      <span>{children ?? words.states[state]}</span>
    </span>
  );
}

/** The state as a badge, for headers. */
export function RunBadge({ state }: { state: State }) {
  const { tone, icon } = LOOKS[state];
  return (
    <Badge tone={tone}>
      {!icon && <span className="size-1.5 rounded-full bg-accent" aria-hidden />}
      {words.states[state]}
    </Badge>
  );
}

/** The dot of what runs. */
export const Dot = ({ tone = "running" }: { tone?: "running" | "ok" | "bad" | "warn" | "off" }) => (
  <span
    aria-hidden
    className={classes(
      "mx-1 inline-block size-1.5 shrink-0 rounded-full",
      {
        running: "bg-accent shadow-[0_0_0_3px_var(--accent-soft)]",
        ok: "bg-ok",
        bad: "bg-bad",
        warn: "bg-warn",
        off: "bg-line-3",
      }[tone],
    )}
  />
);
