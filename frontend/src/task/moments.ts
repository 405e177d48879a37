import { formatDuration, formatTime } from "../shared/format";

/** Local time to the minute, `2026-03-12 14:03`: sorts, and reads the same everywhere. */
export const toTheMinute = (rfc3339: string): string => formatTime(rfc3339).slice(0, "2026-03-12 14:03".length);

/** The same without the date if that is today: `14:03`. */
export function shortTime(rfc3339: string, now = new Date()): string {
  const words = toTheMinute(rfc3339);
  const [day, minute] = words.split(" ");
  return day === formatTime(now.toISOString()).split(" ")[0] ? (minute ?? words) : words;
}

/** Local time to the millisecond. */
export function exactTime(rfc3339: string): string {
  const at = new Date(rfc3339);
  return Number.isNaN(at.getTime()) ? rfc3339 : `${formatTime(rfc3339)}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** The duration between two times: `15 ms`, `4.2 s`, `48 s`, `2 h 10 min`. */
export function elapsed(from: string, to: string): string {
  const seconds = Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
  if (seconds < 0.1) return `${Math.round(seconds * 1000)} ms`;
  return seconds < 9.95 ? `${seconds.toFixed(1)} s` : formatDuration(seconds);
}
