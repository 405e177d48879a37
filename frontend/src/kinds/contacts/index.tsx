import { lazily } from "../../shared/lazily";
import type { KindView } from "../view";
import { ContactsResult } from "./ContactsResult";
import { deletion, mayHaveRows } from "./deletion";
import { doubt, guess } from "./guess";
import { Options } from "./Options";
import { loadResultOf, countsInWords, sumUp } from "./result";
import { words } from "./words";

export const view: Partial<KindView> = {
  name: "Contacts",
  jobs: [
    {
      name: "Import contacts",
      help: "Merge CSV lists into one record per email address",
      gives: "how many of its rows are new contacts, duplicates or invalid",
      Options,
      doubt,
    },
  ],
  guess,

  words,
  Result: ContactsResult,
  summary: (task) => {
    const result = loadResultOf(task);
    return result !== null && <div className="digits">{countsInWords(result).join(" · ")}</div>;
  },
  spoken: (task) => {
    const result = loadResultOf(task);
    return result === null ? "" : `: ${countsInWords(result).join(", ")}`;
  },

  sumUp,

  keepsRows: mayHaveRows,
  deletion,

  pages: [{ path: "/contacts", name: "Contacts", Page: lazily(async () => (await import("./Contacts")).Contacts) }],
};
