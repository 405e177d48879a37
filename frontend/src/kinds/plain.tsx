import { NamesAndValues } from "./NamesAndValues";
import type { KindView, OptionTexts, Params, Prepared } from "./view";
import { wordsFor } from "./words";

/** The view of a kind of which only the name is known, and the defaults of every view. */
export const plain = (kind: string): KindView => ({
  name: kind,
  jobs: [{ name: kind, help: null, gives: "its result" }],
  guess: () => null,

  words: wordsFor("processed", "Processing"),
  codes: () => [],
  Result: NamesAndValues,
  summary: () => null,
  warning: () => null,
  confirmation: () => null,
  spoken: () => "",

  sumUp: () => null,
  ForAll: null,

  keepsRows: false,
  deletion: ({ result }) => ({
    action: "Delete the stored file",
    loses: "The stored file is deleted for good: it can no longer be downloaded or processed again.",
    stays: result === null ? "The task and its log line stay." : "The task, its result and its log line stay.",
    gone: "The stored file was deleted",
  }),

  filters: [],
  pages: [],
});

/** Every file with all options that are filled in. */
export function sameForAll(options: OptionTexts, names: readonly string[]): Prepared {
  const params = filledIn(options);
  return { ok: true, params: names.map(() => params) };
}

/** The options that are filled in. */
export function filledIn(options: OptionTexts): Params {
  const given = Object.entries(options).map(([name, text]) => [name, text.trim()] as const);
  return Object.fromEntries(given.filter(([, text]) => text !== "")); // the service checks the values
}
