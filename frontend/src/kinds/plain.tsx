import { NamesAndValues } from "./NamesAndValues";
import type { KindView, OptionTexts, Params } from "./view";
import { wordsFor } from "./words";

/** The view of a kind of which nothing is known but its name; what a view of its own does not say is as it is here. */
export const plain = (kind: string): KindView => ({
  name: kind,
  help: null,
  gives: "its result",
  WhatHappens: Processed,

  Options: null,
  paramsOf: (options, names) => {
    const params = filledIn(options);
    return { ok: true, params: names.map(() => params) };
  },

  words: wordsFor("processed", "Processing"),
  codes: () => [],
  Result: NamesAndValues,
  summary: () => null,
  warning: () => null,
  spoken: () => "",

  sumUp: () => null,
  ForAll: null,

  keepsRows: false,
  deletion: () => ({
    action: "Delete the stored file",
    loses: "The stored file is deleted for good: it can no longer be downloaded or processed again.",
    stays: "The task, its result and its log line stay.",
    gone: "The stored file was deleted",
  }),

  filters: [],
  pages: [],
});

/** Only what was filled in. */
export function filledIn(options: OptionTexts): Params {
  const given = Object.entries(options).map(([name, text]) => [name, text.trim()] as const);
  return Object.fromEntries(given.filter(([, text]) => text !== "")); // what is wrong in it the service says
}

function Processed() {
  return (
    <>
      <strong>The file is processed.</strong> You see how far it is, then its result.
    </>
  );
}
