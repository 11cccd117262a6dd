/** Counts, sizes and times, as the reader's locale writes them. */

const whole = new Intl.NumberFormat();
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

/** 1,203,441. 64-bit counts come as text, and none loses a digit. */
export const count = (value: number | string | bigint): string =>
  typeof value === "string"
    ? whole.format(BigInt(value))
    : whole.format(typeof value === "number" ? Math.round(value) : value);

/** 3.91 M, 51.9 k: three digits where space is short. */
export function shortCount(value: number | string): string {
  return scaled(Number(value), 1000, ["", "k", "M", "G", "T"]);
}

/** 212 MB. */
export function size(bytes: number | string): string {
  return scaled(Number(bytes), 1000, ["B", "kB", "MB", "GB", "TB"]);
}

function scaled(value: number, base: number, units: readonly string[]): string {
  const step = value < base ? 0 : Math.min(units.length - 1, Math.floor(Math.log(value) / Math.log(base)));
  const unit = units[step] ?? "";
  const figure = step === 0 ? whole.format(Math.round(value)) : short.format(value / base ** step);
  return unit === "" ? figure : `${figure} ${unit}`;
}

/** 320 ms, 1.4 s, 14 s, 3 min 41 s, 2 h 5 min. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) {
    return `${Math.max(0, Math.round(milliseconds))} ms`;
  }
  // 1 s and 2 s would be anything from the same to three times as much.
  if (milliseconds < 9950) {
    return `${Math.round(milliseconds / 100) / 10} s`;
  }
  const seconds = Math.round(milliseconds / 1000);
  const pair = (big: number, bigUnit: string, small: number, smallUnit: string) =>
    small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
  if (seconds < 60) {
    return `${seconds} s`;
  }
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return pair(minutes, "min", seconds % 60, "s");
  }
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? pair(hours, "h", minutes % 60, "min")
    : pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

/** A duration no more exact than an estimate is: under 10 s, 40 s, 3 min, 1 h 20 min. */
export function roughly(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) {
    return "under 10 s";
  }
  const step = seconds < 55 ? 10 : seconds < 3570 ? 60 : seconds < 172_800 ? 600 : 3600;
  return duration(Math.round(seconds / step) * step * 1000);
}

/** 0:26, 1:04:09: what runs on. */
export function clock(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

const hm = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const hms = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const dayMonth = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const withYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A schedule's words without the reader's own time zone, where that stands above them. */
export const inOwnZone = (when: string): string =>
  when.endsWith(`, ${zone}`) ? when.slice(0, -`, ${zone}`.length) : when;

type Instant = string | number | Date;

/** 14:02. */
export const timeOfDay = (at: Instant): string => hm.format(new Date(at));

/** 14:29:10. */
export const timeWithSeconds = (at: Instant): string => hms.format(new Date(at));

/** 14:29:10.004. */
export const exactTime = (at: Instant): string =>
  `${timeWithSeconds(at)}.${String(new Date(at).getMilliseconds()).padStart(3, "0")}`;

const dayOf = (at: Date): number => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();

/** 14:02 today, `Thu, 26 Nov 14:02` in this year, with the year before it. */
export function moment(instant: Instant, now: Instant = Date.now()): string {
  const [at, today] = [new Date(instant), new Date(now)];
  if (dayOf(at) === dayOf(today)) {
    return hm.format(at);
  }
  const date = at.getFullYear() === today.getFullYear() ? dayMonth : withYear;
  return `${date.format(at)} ${hm.format(at)}`;
}

const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const DAYS = 6 * 86_400_000;

/** What is to come, where space is short: 14:02 today, `Sat 14:02` within six days, later as all moments. */
export function comingMoment(instant: Instant, now: Instant): string {
  const [at, today] = [new Date(instant), new Date(now)];
  const near = dayOf(at) !== dayOf(today) && dayOf(at) - dayOf(today) <= DAYS;
  return near ? `${weekday.format(at)} ${hm.format(at)}` : moment(instant, now);
}

/** The instant in full, for tooltips. */
export const inFull = (at: Instant): string =>
  `${withYear.format(new Date(at))} ${timeWithSeconds(at)} ${zone}`;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "long" });
const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/** `28 minutes ago`, `in 15 minutes`, `now`. */
export function fromNow(at: Instant, now: number = Date.now()): string {
  const apart = new Date(at).getTime() - now;
  const unit = UNITS.find(([, length]) => Math.abs(apart) >= length);
  return unit
    ? relative.format(Math.round(apart / unit[1]), unit[0])
    : apart > 0
      ? "in less than a minute"
      : "just now";
}

/** Names a run: the end of its id, by which people tell runs apart. */
export const shortId = (id: string): string => id.slice(-6);
