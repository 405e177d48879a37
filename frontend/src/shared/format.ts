const UNITS = ["bytes", "KB", "MB", "GB", "TB", "PB"];
const exact = new Intl.NumberFormat("en");

/** Decimal units, three digits: `3.22 GB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  let unit = 0;
  let value = bytes;
  // 999.5 would be rounded up to 1000 of its unit: show it as 1.00 of the next.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return `${value.toFixed(decimals)} ${UNITS[unit] ?? ""}`;
}

export const formatNumber = (value: number): string => exact.format(value);

/** `1 file`, `1,000 files` */
export const count = (things: number, thing: string): string => `${exact.format(things)} ${thing}${things === 1 ? "" : "s"}`;

/** `3,221,225,472 bytes` */
export function formatBytes(bytes: number): string {
  return bytes === 1 ? "1 byte" : `${exact.format(bytes)} bytes`;
}

export function formatSpeed(bytesPerSecond: number): string {
  return `${formatSize(Math.round(bytesPerSecond))}/s`;
}

/** A whole percentage, rounded down: 100 % means that nothing is left. */
export function percentOf(done: number, total: number): number {
  return total > 0 ? Math.min(100, Math.floor((done / total) * 100)) : 100;
}

/** `8 s`, `4 min`, `2 h 10 min`: as precise as an estimate. */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

/** Local time as `2026-03-12 14:03:22`, which sorts and is unambiguous everywhere. */
export function formatTime(rfc3339: string): string {
  const at = new Date(rfc3339);
  if (Number.isNaN(at.getTime())) return rfc3339;
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

// Control characters, and those that change the direction of the text after them.
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g; // eslint-disable-line no-control-regex

/** A name from outside as it is shown: `a\u202egpj.exe`, which would be displayed as `aexe.jpg`, becomes `a[U+202E]gpj.exe`. */
export const shownName = (name: string): string =>
  name.replace(HIDDEN, (character) => `[U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);

const MOST_CHARACTERS = 300;

/** Text from outside, of any length, cut to the length that is shown. */
export const clipped = (text: string): string => (text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text);

export const capitalized = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
