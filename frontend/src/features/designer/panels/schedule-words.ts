/** A schedule in plain words. */
import { words } from "@/words";
import type { Schedule } from "../document/sync-file";

const text = words.designer.cron;

export function scheduleWords(schedule: Schedule | undefined): string {
  if (!schedule) {
    return words.designer.settings.byHand;
  }
  const { cron, every, at, after } = schedule;
  if (cron !== undefined) {
    return cronWords(cron);
  }
  if (every !== undefined) {
    return everyWords(every);
  }
  if (at !== undefined) {
    return text.at(at);
  }
  return after === undefined ? words.designer.settings.byHand : text.after(after);
}

function everyWords(every: string): string {
  const minutes = /^(\d+)\s*m(in)?$/.exec(every.trim())?.[1];
  return minutes === undefined || minutes === "1" ? text.every(every) : text.everyMinutes(minutes);
}

/** The usual forms of five fields; what is rarer stands as it is written. */
export function cronWords(cron: string): string {
  const fields = cron.trim().split(/\s+/);
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
  const other = text.other(cron);
  if (fields.length !== 5 || month !== "*") {
    return other;
  }
  const step = (field: string) => /^\*\/(\d+)$/.exec(field)?.[1];
  const every = [day, weekday].every((field) => field === "*");
  if (hour === "*" && every) {
    const minutes = step(minute);
    if (minute === "*") {
      return text.everyMinute;
    }
    if (minutes !== undefined) {
      return text.everyMinutes(minutes);
    }
    return minute === "0"
      ? text.hourly
      : /^\d+$/.test(minute)
        ? text.hourlyAt(minute.padStart(2, "0"))
        : other;
  }
  const hours = step(hour);
  if (hours !== undefined && minute === "0" && every) {
    return text.everyHours(hours);
  }
  if (!/^\d+$/.test(minute) || !/^\d+(,\d+)*$/.test(hour)) {
    return other;
  }
  const time = hour
    .split(",")
    .map((one) => `${one.padStart(2, "0")}:${minute.padStart(2, "0")}`)
    .join(", ");
  if (every) {
    return text.daily(time);
  }
  if (day !== "*") {
    return weekday === "*" && /^\d+$/.test(day) ? text.monthly(day, time) : other;
  }
  const days = weekdays(weekday);
  return days === undefined ? other : days === "1-5" ? text.weekdays(time) : text.onDays(days, time);
}

const SHORT = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** Names of days, with `1-5` kept for all working days. */
function weekdays(field: string): string | undefined {
  const number = (day: string) => {
    const named = SHORT.indexOf(day.toLowerCase());
    return named >= 0 ? named : /^[0-7]$/.test(day) ? Number(day) % 7 : undefined;
  };
  const range = /^(\w+)-(\w+)$/.exec(field);
  if (range) {
    const [from, to] = [number(range[1] ?? ""), number(range[2] ?? "")];
    if (from === undefined || to === undefined) {
      return undefined;
    }
    return from === 1 && to === 5 ? "1-5" : `${text.days[from] ?? ""}–${text.days[to] ?? ""}`;
  }
  const all = field.split(",").map(number);
  const names = all.map((day) => (day === undefined ? undefined : text.days[day]));
  return names.includes(undefined) ? undefined : names.join(", ");
}

/** The next three times of day, with their weekday where they are of several days. The agent says `Mon 2026-11-30 06:00:00 +01:00`. */
export function nextTimes(coming: readonly { words: string }[]): string[] {
  const read = coming.slice(0, 3).map(({ words: said }) => {
    const time = /\b\d{1,2}:\d{2}\b/.exec(said)?.[0] ?? said;
    const day = /^\w{3}\b/.exec(said)?.[0] ?? "";
    return { time, day, date: said.slice(0, Math.max(said.indexOf(time), 0)) };
  });
  const severalDays = new Set(read.map(({ date }) => date)).size > 1;
  return read.map(({ day, time }) => (severalDays ? `${day} ${time}` : time));
}
