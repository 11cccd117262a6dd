import { classes } from "./classes";

export interface Bar {
  /** Its height, beside the others'. */
  value: number;
  tone?: "plain" | "running" | "failed" | "partial";
  /** What it is, for who looks closer. */
  name: string;
}

const TONES = { plain: "fill-wire", running: "fill-accent", failed: "fill-bad", partial: "fill-warn" };
const [WIDTH, HEIGHT, MOST] = [104, 20, 20];

/** The last twenty of something as bars, the newest at the right. `name` says it in words. */
export function Sparkline({ bars, name }: { bars: readonly Bar[]; name: string }) {
  const shown = bars.slice(-MOST);
  const top = Math.max(...shown.map((bar) => bar.value), 1);
  const step = WIDTH / MOST;
  return (
    <svg width={WIDTH} height={HEIGHT} role="img" aria-label={name} className="block">
      {shown.map((bar, place) => {
        const height = Math.max(2, (bar.value / top) * HEIGHT);
        return (
          <rect
            key={place}
            x={place * step}
            y={HEIGHT - height}
            width={step - 2}
            height={height}
            rx={1}
            className={TONES[bar.tone ?? "plain"]}
          >
            <title>{bar.name}</title>
          </rect>
        );
      })}
    </svg>
  );
}

/** How far something has come; grey when it is over. */
export function Progress({
  share,
  over = false,
  bad = false,
  name,
}: {
  share: number;
  over?: boolean;
  bad?: boolean;
  name: string;
}) {
  return (
    <div
      role="progressbar"
      aria-label={name}
      aria-valuenow={Math.round(share * 100)}
      aria-valuemin={0}
      aria-valuemax={100}
      className="h-1 w-full overflow-hidden rounded-full bg-surface-3"
    >
      <div
        className={classes(
          "h-full origin-left rounded-full",
          bad ? "bg-bad" : over ? "bg-wire" : "bg-accent",
        )}
        style={{ transform: `scaleX(${share})` }}
      />
    </div>
  );
}
