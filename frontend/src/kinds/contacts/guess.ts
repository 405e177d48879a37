import { count } from "../../shared/format";
import { decoded } from "../../shared/text";
import type { Guess, Sample } from "../view";

/** Lists of contacts among the files: CSV files by their names, other texts by their first lines. */
export function guess(files: readonly Sample[]): Guess | null {
  const found = files.flatMap((file, index) => (isCsv(file) || hasAddresses(file) ? [index] : []));
  const [only] = found;
  if (only === undefined) return null;
  const isList = found.some((index) => hasAddresses(files[index]));
  return { job: null, files: found, says: sentence(found.length, files.length, isList) };
}

function sentence(found: number, all: number, isList: boolean): string {
  const [one, many] = isList ? ["a list of contacts", "lists of contacts"] : ["a CSV file", "CSV files"];
  if (all === 1) return `This looks like ${one}.`;
  if (found === all) return `These ${count(all, "file")} look like ${many}.`;
  return `${found} of these ${count(all, "file")} ${found === 1 ? `looks like ${one}` : `look like ${many}`}.`;
}

/** Files that are not text, no matter how they are named. */
export function doubt(files: readonly Sample[]): string | null {
  const wrong = files.filter((file) => textOf(file) === null);
  if (wrong.length === 0) return null;
  if (files.length === 1) return "This does not look like a CSV file.";
  return `${wrong.length} of these ${count(files.length, "file")} ${wrong.length === 1 ? "does not look like a CSV file" : "do not look like CSV files"}.`;
}

const isCsv = ({ name }: Sample): boolean => /\.(csv|tsv)$/i.test(name);

/** At least half of the first lines have an address and a delimiter; JSON and HTML may have them, too. */
function hasAddresses(file: Sample | undefined): boolean {
  const text = file === undefined ? null : textOf(file);
  if (text === null || /^\s*[[{<]/.test(text)) return false;
  const lines = text.split(/\r\n|[\r\n]/).filter((line) => line.trim() !== "");
  const found = lines.filter((line) => /[^\s@,;|"<>]@[^\s@,;|"<>]+\.[a-z]/i.test(line) && /[,;\t|]/.test(line));
  return found.length > 0 && found.length >= lines.length / 2;
}

/** Null: it is not text. */
function textOf({ head }: Sample): string | null {
  const text = decoded(head);
  return text.includes("\0") ? null : text;
}
