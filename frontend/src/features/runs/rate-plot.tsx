import { useState, type PointerEvent } from "react";
import type { Rate } from "@/api/samples";
import { classes } from "@/components/classes";
import { useWidth } from "@/components/measure";
import { Segmented } from "@/components/tabs";
import { words } from "@/words";
import { count, shortCount, size, timeWithSeconds } from "@/words/figures";
import { gridLines, timeMarks } from "./scale";

const text = words.runs.plot;
const HEIGHT = 150;

/** Rows or bytes per second since the run has been watched. */
export function RatePlot({ series }: { series: readonly Rate[] }) {
  const [what, setWhat] = useState<"rows" | "bytes">("rows");
  return (
    <section className="border-b border-line px-5 pt-3 pb-1">
      <div className="mb-4 flex items-center gap-3">
        <h2 className="font-semibold">{text[what]}</h2>
        {what === "rows" && (
          <>
            <Legend name={text.written} line="bg-chart-1" />
            <Legend name={text.read} line="bg-chart-2" />
          </>
        )}
        <span className="grow" />
        <Segmented
          name={text.show}
          value={what}
          onChoose={setWhat}
          choices={[
            { value: "rows", name: text.showRows },
            { value: "bytes", name: text.showBytes },
          ]}
        />
      </div>
      {series.length > 1 ? (
        <Plot series={series} what={what} />
      ) : (
        <p className="h-43.5 text-fg-3">{text.soon}</p>
      )}
    </section>
  );
}

const Legend = ({ name, line }: { name: string; line: string }) => (
  <span className="flex items-center gap-1.5 text-12 text-fg-2">
    <span className={classes("h-0.5 w-2 rounded-full", line)} />
    {name}
  </span>
);

function Plot({ series, what }: { series: readonly Rate[]; what: "rows" | "bytes" }) {
  const [ref, width] = useWidth();
  const [pointed, setPointed] = useState<Rate>();
  const main = (rate: Rate) => (what === "rows" ? rate.written : rate.bytes);
  const write = (value: number) => (what === "rows" ? shortCount(value) : size(value));
  const from = series[0]?.at ?? 0;
  const last = series[series.length - 1];
  const to = Math.max(last?.at ?? 0, from + 10_000);
  const most = Math.max(...series.map((rate) => Math.max(main(rate), what === "rows" ? rate.read : 0)));
  const lines = gridLines(most);
  const top = lines[3] ?? 1;
  const x = (at: number) => ((at - from) / (to - from)) * width;
  const y = (value: number) => HEIGHT - (value / top) * HEIGHT;
  const path = (of: (rate: Rate) => number) =>
    series
      .map((rate, at) => `${at === 0 ? "M" : "L"}${x(rate.at).toFixed(1)} ${y(of(rate)).toFixed(1)}`)
      .join("");
  const line = path(main);
  const point = (event: PointerEvent) => {
    const at =
      from + ((event.clientX - event.currentTarget.getBoundingClientRect().left) / width) * (to - from);
    setPointed(nearest(series, at));
  };
  const marked = pointed ?? last;
  return (
    <div ref={ref} className="relative">
      <svg
        width={width}
        height={HEIGHT + 24}
        role="img"
        aria-label={last && `${text[what]}. ${text.text(write(main(last)), write(most))}`}
        onPointerMove={point}
        onPointerLeave={() => setPointed(undefined)}
        className="block overflow-visible"
        fill="none"
      >
        {lines.map((value) => (
          <g key={value}>
            <path d={`M0 ${y(value)}H${width}`} className="stroke-chart-grid" />
            <text x={width} y={y(value) - 4} textAnchor="end" className="figures fill-fg-3 text-11">
              {write(value)}
            </text>
          </g>
        ))}
        <path d={`${line}L${x(last?.at ?? 0)} ${HEIGHT}L0 ${HEIGHT}Z`} className="fill-chart-1-fill" />
        {what === "rows" && (
          <path
            d={path((rate) => rate.read)}
            className="stroke-chart-2"
            strokeWidth="1.25"
            strokeLinejoin="round"
          />
        )}
        <path d={line} className="stroke-chart-1" strokeWidth="1.75" strokeLinejoin="round" />
        {pointed && <path d={`M${x(pointed.at)} 0V${HEIGHT}`} className="stroke-line-2" />}
        {marked && (
          <circle
            cx={x(marked.at)}
            cy={y(main(marked))}
            r={pointed ? 3.5 : 3}
            className={pointed ? "fill-surface-1 stroke-chart-1" : "fill-chart-1"}
            strokeWidth="1.75"
          />
        )}
        {timeMarks(from, to).map((at) => (
          <text
            key={at}
            x={x(at)}
            y={HEIGHT + 18}
            textAnchor={x(at) < 30 ? "start" : x(at) > width - 30 ? "end" : "middle"}
            className="figures fill-fg-3 text-11"
          >
            {timeWithSeconds(at)}
          </text>
        ))}
      </svg>
      {pointed && (
        <div
          className="pointer-events-none absolute top-2 w-40 rounded-2 border border-line-2 bg-pop px-2.5 py-1.5 text-11 shadow-e2"
          style={{ left: x(pointed.at) > width / 2 ? x(pointed.at) - 172 : x(pointed.at) + 12 }}
        >
          <div className="figures text-fg-3">{timeWithSeconds(pointed.at)}</div>
          {what === "rows" ? (
            <>
              <TipRow name={text.written} value={count(pointed.written)} line="bg-chart-1" />
              <TipRow name={text.read} value={count(pointed.read)} line="bg-chart-2" />
            </>
          ) : (
            <TipRow name={text.read} value={size(pointed.bytes)} line="bg-chart-1" />
          )}
        </div>
      )}
    </div>
  );
}

/** The rate that was taken nearest to an instant. */
const nearest = (series: readonly Rate[], at: number): Rate | undefined =>
  series.reduce<Rate | undefined>(
    (near, rate) => (near && Math.abs(near.at - at) <= Math.abs(rate.at - at) ? near : rate),
    undefined,
  );

const TipRow = ({ name, value, line }: { name: string; value: string; line: string }) => (
  <div className="flex items-center gap-2">
    <span className={classes("h-0.5 w-2 rounded-full", line)} />
    <span className="text-fg-2">{name}</span>
    <span className="figures ml-auto font-medium">{value}</span>
  </div>
);
