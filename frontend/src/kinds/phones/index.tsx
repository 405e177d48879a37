import { lazily } from "../../shared/lazily";
import type { KindView } from "../view";
import { deletion } from "./deletion";
import { doubt, guess } from "./guess";
import { Options } from "./Options";
import { PhonesResult } from "./PhonesResult";
import { mayHaveNumbers, numbersInWords, phonesResultOf, sumUp } from "./result";
import { words } from "./words";

export const view: Partial<KindView> = {
  name: "Phone numbers",
  jobs: [
    {
      name: "Find phone numbers",
      help: "List every phone number in a text, with its line",
      gives: "its phone numbers, each with its line; you can read them while it is being searched",
      Options,
      doubt,
    },
  ],
  guess,

  words,
  Result: PhonesResult,
  summary: (task) => {
    const result = phonesResultOf(task);
    return result !== null && <div className="digits">{numbersInWords(result)}</div>;
  },
  spoken: (task) => {
    const result = phonesResultOf(task);
    return result === null ? "" : `: ${numbersInWords(result)}`;
  },

  sumUp,

  keepsRows: mayHaveNumbers,
  deletion,

  pages: [{ path: "/phones", name: "Phone numbers", Page: lazily(async () => (await import("./Phones")).Phones) }],
};
