import type { Task } from "../../api/types";
import { formatNumber } from "../../shared/format";
import { ENCODINGS } from "./encodings";

/** Every row of a file is one of three: `rows` is their sum. */
export interface Counts {
  rows: number;
  inserted: number;
  duplicate: number;
  invalid: number;
}

const NAMES = ["rows", "inserted", "duplicate", "invalid"] as const;

/** What became of the rows of a file; null: it is no file of contacts, or not loaded yet. */
export function countsOf({ kind, result }: Task): Counts | null {
  if (kind !== "contacts" || result === null) return null;
  const counts = { rows: 0, inserted: 0, duplicate: 0, invalid: 0 };
  for (const name of NAMES) {
    const count = result[name];
    if (typeof count !== "number") return null;
    counts[name] = count;
  }
  return counts;
}

/** Rows that were taken though nobody could tell in time whether their domain takes mail. */
export function uncheckedOf({ result }: Task): number {
  const unchecked = result?.unchecked;
  return typeof unchecked === "number" ? unchecked : 0;
}

export function sumOf(all: readonly Counts[]): Counts {
  const sum = { rows: 0, inserted: 0, duplicate: 0, invalid: 0 };
  for (const counts of all) for (const name of NAMES) sum[name] += counts[name];
  return sum;
}

/** `970 new`, `20 duplicate`, `10 invalid` */
export function countsInWords({ inserted, duplicate, invalid }: Counts): string[] {
  return [`${formatNumber(inserted)} new`, `${formatNumber(duplicate)} duplicate`, `${formatNumber(invalid)} invalid`];
}

const DELIMITERS: Record<string, string> = { ",": "comma", ";": "semicolon", "\t": "tab", "|": "bar" };

/** How a file was read, as it was told or detected. */
export function readingOf({ result }: Task): string[] {
  const { delimiter, encoding, header, email_column, name_column } = result ?? {};
  const words: string[] = [];
  if (typeof delimiter === "string") words.push(`Delimiter ${delimiter === "\t" ? "" : `${delimiter} `}(${DELIMITERS[delimiter] ?? "unusual"})`);
  if (typeof encoding === "string") words.push((ENCODINGS as Record<string, string>)[encoding] ?? encoding);
  if (typeof header === "boolean") words.push(header ? "with a header" : "no header");
  if (isColumn(email_column)) words.push(`addresses in ${columnInWords(email_column)}`);
  if (isColumn(name_column)) words.push(`names in ${columnInWords(name_column)}`);
  return words;
}

const isColumn = (value: unknown): value is string | number => typeof value === "string" || typeof value === "number";

const columnInWords = (column: string | number): string => (typeof column === "number" ? `column ${column}` : `“${column}”`);
