import { useState } from "react";
import { words } from "@/words";
import type { Profile } from "../sample/profile";
import { count } from "@/words/figures";

const text = words.designer.profile;
const HEIGHT = 64;

/** How values are spread: twenty bars, or the most frequent ones as rows. */
export function Histogram({
  profile: { bars, counts, min, max, lengths },
  name,
}: {
  profile: Profile;
  name: string;
}) {
  const [hovered, setHovered] = useState<number>();
  const most = bars.reduce((high, bar) => Math.max(high, bar.rows), 1);
  if (bars.length === 0) {
    return null;
  }
  if (counts === "top") {
    return (
      <ol aria-label={text.top} className="flex flex-col gap-px">
        {bars.map((bar) => (
          <li key={bar.from} className="relative flex h-5 items-center gap-2 px-1.5">
            <span
              className="absolute inset-y-0 left-0 rounded-1 bg-chart-bar opacity-60"
              style={{ width: `${(100 * bar.rows) / most}%` }}
              aria-hidden
            />
            <span className="data relative min-w-0 grow truncate">{bar.from === "" ? "''" : bar.from}</span>
            <span className="figures relative text-11 text-fg-2">{count(bar.rows)}</span>
          </li>
        ))}
      </ol>
    );
  }
  const width = 280 / bars.length;
  const peak = bars.reduce((best, bar, at) => (bar.rows > (bars[best]?.rows ?? 0) ? at : best), 0);
  const shown = bars[hovered ?? peak];
  const [from, to] =
    counts === "lengths" && lengths ? [String(lengths[0]), String(lengths[1])] : [min ?? "", max ?? ""];
  return (
    <figure>
      <svg
        viewBox={`0 0 280 ${HEIGHT + 1}`}
        preserveAspectRatio="none"
        className="block h-16 w-full"
        role="img"
        aria-label={`${text.histogram(name)}: ${bars.map((bar) => text.range(bar.from, bar.to, count(bar.rows))).join("; ")}`}
        onPointerLeave={() => setHovered(undefined)}
      >
        {bars.map((bar, at) => {
          const high = bar.rows === 0 ? 0 : Math.max(1.5, (HEIGHT - 4) * (bar.rows / most));
          return (
            <g key={at} onPointerEnter={() => setHovered(at)}>
              <rect x={at * width} y="0" width={width} height={HEIGHT} className="fill-transparent" />
              <rect
                x={at * width + 0.5}
                y={HEIGHT - high}
                width={width - 1}
                height={high}
                rx="1"
                className={at === (hovered ?? peak) ? "fill-chart-1" : "fill-chart-bar"}
              />
            </g>
          );
        })}
        <path d={`M0 ${HEIGHT + 0.5}H280`} className="stroke-line-2" vectorEffect="non-scaling-stroke" />
      </svg>
      <figcaption className="figures mt-0.5 flex justify-between gap-2 text-11 text-fg-3">
        <span className="truncate">{from}</span>
        {shown && (
          <span className="shrink-0 font-medium text-accent-text">
            {text.range(shown.from, shown.to, count(shown.rows))}
          </span>
        )}
        <span className="truncate text-right">{to}</span>
      </figcaption>
    </figure>
  );
}
