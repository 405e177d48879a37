import { count } from "../../shared/format";
import { decoded } from "../../shared/text";
import type { Guess, Sample } from "../view";

const TEXTS = /\.(txt|text|log|md|eml|mbox|jsonl?|ndjson|vtt|srt|html?|xml)$/i;

// International; with an area code that begins with 0; American. No digit, sign or letter may precede it, as in dates and addresses.
const NUMBER = /(?<![\w.:/+-])(?:\+[1-9][\d ().\-/]{6,}\d|\(?0\d{1,4}[) /-]{1,2}\d[\d -]{4,}\d|\(?\d{3}[).\- ]{1,2}\d{3}[.\- ]\d{4})(?![\w:])/;

/** Texts with phone numbers among the files, by their names and first lines. */
export function guess(files: readonly Sample[]): Guess | null {
  const found = files.flatMap((file, index) => (TEXTS.test(file.name) && NUMBER.test(decoded(file.head)) ? [index] : []));
  return found.length === 0 ? null : { job: null, files: found, says: sentence(found.length, files.length) };
}

function sentence(found: number, all: number): string {
  if (all === 1) return "This looks like a text with phone numbers.";
  if (found === all) return `These ${count(all, "file")} look like texts with phone numbers.`;
  return `${found} of these ${count(all, "file")} ${found === 1 ? "looks like a text" : "look like texts"} with phone numbers.`;
}

/** Files that are not text, no matter how they are named. */
export function doubt(files: readonly Sample[]): string | null {
  const wrong = files.filter(({ head }) => decoded(head).includes("\0"));
  if (wrong.length === 0) return null;
  if (files.length === 1) return "This does not look like text.";
  return `${wrong.length} of these ${count(files.length, "file")} ${wrong.length === 1 ? "does" : "do"} not look like text.`;
}
