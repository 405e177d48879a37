import type { Task } from "../api/types";
import { clipped } from "../shared/format";
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
  deletion: ({ filename }) => ({
    what: "its bytes",
    question: `Delete the stored bytes of ${filename}? What became of it stays known; the bytes do not come back.`,
    gone: "Its bytes",
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

function NamesAndValues({ task: { result } }: { task: Task }) {
  const values = Object.entries(result ?? {});
  if (values.length === 0) return null;
  return (
    <table className="result" aria-label="Result" data-testid="result">
      <tbody>
        {values.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{clipped(name)}</th>
            <td>
              <bdi>{clipped(typeof value === "string" ? value : JSON.stringify(value))}</bdi>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
