import type { components } from "../../api/schema.gen";
import type { Task } from "../../api/types";
import { count, formatNumber } from "../../shared/format";
import { encodingName } from "../encodings";
import type { Sum } from "../view";

type Result = components["schemas"]["ContactsResult"];

/** Every row of a file is one of three: `rows` is their sum. */
export type Counts = Pick<Result, "rows" | "inserted" | "duplicate" | "invalid">;

/** The counts of a file’s rows, and how it was read, as given or detected; results of older versions have fewer fields. */
export type LoadResult = Counts & Partial<Result>;

const NAMES = ["rows", "inserted", "duplicate", "invalid"] as const;

/** Null: it has not been loaded yet. */
export function loadResultOf(task: Task): LoadResult | null {
  const result: Readonly<Record<string, unknown>> | null = task.result;
  if (result === null || !NAMES.every((name) => typeof result[name] === "number")) return null;
  return result as unknown as LoadResult;
}

/** Whether rows were loaded, as far as the progress shows: its unit is rows once the file has been cut. */
export const hasLoadedRows = ({ progress }: Task): boolean => progress.unit === "rows" && progress.done > 0;

/** The sum over several finished files; null: none of them was loaded. */
export function sumUp(tasks: readonly Task[]): Sum | null {
  const loaded = tasks.flatMap((task) => loadResultOf(task) ?? []);
  if (loaded.length === 0) return null;
  const sum = { rows: 0, inserted: 0, duplicate: 0, invalid: 0 };
  for (const counts of loaded) for (const name of NAMES) sum[name] += counts[name];
  return { words: `${count(sum.rows, "row")}: ${countsInWords(sum).join(", ")}`, testId: "rows" };
}

/** `970 new`, `20 duplicate`, `10 invalid` */
export function countsInWords({ inserted, duplicate, invalid }: Counts): string[] {
  return [`${formatNumber(inserted)} new`, `${formatNumber(duplicate)} duplicate`, `${formatNumber(invalid)} invalid`];
}

const DELIMITERS: Record<string, string> = { ",": "comma", ";": "semicolon", "\t": "tab", "|": "bar" };

/** How a file was read. */
export function readingInWords({ delimiter, encoding, header, email_column, name_column }: LoadResult): string[] {
  const words: string[] = [];
  if (delimiter !== undefined) words.push(`Delimiter ${delimiter === "\t" ? "" : `${delimiter} `}(${DELIMITERS[delimiter] ?? "unusual"})`);
  if (encoding !== undefined) words.push(encodingName(encoding));
  if (header !== undefined) words.push(header ? "with a header" : "no header");
  if (isColumn(email_column)) words.push(`addresses in ${columnInWords(email_column)}`);
  if (isColumn(name_column)) words.push(`names in ${columnInWords(name_column)}`);
  return words;
}

const isColumn = (column: string | number | null | undefined): column is string | number => column !== null && column !== undefined;

const columnInWords = (column: string | number): string => (typeof column === "number" ? `column ${column}` : `“${column}”`);
