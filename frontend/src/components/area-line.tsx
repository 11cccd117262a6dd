/** A small line over its fill, without axes: how something went lately. The figure beside it says it in words. */
export function AreaLine({ values, className }: { values: readonly number[]; className?: string }) {
  const shown = values.slice(-120);
  const top = Math.max(...shown, 1);
  const step = 100 / Math.max(shown.length - 1, 1);
  const line = shown
    .map(
      (value, at) =>
        `${at === 0 ? "M" : "L"}${(at * step).toFixed(2)} ${(29 - (value / top) * 26).toFixed(2)}`,
    )
    .join("");
  return (
    <svg viewBox="0 0 100 30" preserveAspectRatio="none" aria-hidden="true" className={className} fill="none">
      <path d="M0 29.5H100" className="stroke-line" vectorEffect="non-scaling-stroke" />
      {shown.length > 1 && (
        <>
          <path d={`${line}L100 29.5L0 29.5Z`} className="fill-chart-1-fill" />
          <path
            d={line}
            className="stroke-chart-1"
            strokeWidth="1.5"
            strokeLinejoin="round"
            vectorEffect="non-scaling-stroke"
          />
        </>
      )}
    </svg>
  );
}
