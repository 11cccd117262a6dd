/** The values of at most four grid lines from 0 to one that holds `top`: 1, 2, 2.5, 4, 5 or 8 times a power of ten apart. */
export function gridLines(top: number): number[] {
  const rough = Math.max(top, 1) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 4, 5, 8, 10].map((factor) => factor * power).find((one) => one >= rough) ?? rough;
  return [0, 1, 2, 3].map((at) => at * step);
}

/** Instants for a time axis: whole steps of seconds or minutes, six of them at the most. */
export function timeMarks(from: number, to: number): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400].map(
    (seconds) => seconds * 1000,
  );
  const step = steps.find((one) => (to - from) / one <= 6) ?? (to - from) / 6;
  const marks = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    marks.push(at);
  }
  return marks;
}
