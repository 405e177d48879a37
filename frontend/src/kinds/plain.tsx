import type { Task } from "../api/types";
import { clipped } from "../shared/format";
import type { KindView, OptionTexts, Params, Prepared } from "./view";
import { wordsFor } from "./words";

/** The view of a kind of which only the name is known; the defaults of every view. */
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
  deletion: ({ filename }) => ({
    what: "its bytes",
    question: `Delete the stored bytes of ${filename}? What became of it stays known; the bytes do not come back.`,
    gone: "Its bytes",
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
