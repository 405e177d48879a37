import { lazily } from "../../shared/lazily";
import type { KindView } from "../view";
import { ContactsResult } from "./ContactsResult";
import { deletion } from "./deletion";
import { Options } from "./Options";
import { loadResultOf, countsInWords, sumUp } from "./result";
import { words } from "./words";

export const view: Partial<KindView> = {
  name: "Contacts",
  help: "E-mail contacts from a CSV",
  gives: "how many of its rows became new contacts",
  WhatHappens: RowsAreLoaded,

  Options,

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

  keepsRows: true,
  deletion,

  pages: [{ path: "/contacts", name: "Contacts", Page: lazily(async () => (await import("./Contacts")).Contacts) }],
};

function RowsAreLoaded() {
  return (
    <>
      <strong>Its rows are loaded.</strong> You see how far it is, then how many were new, how many had an address that was there
      already, and how many were not valid: those can be corrected and handed over again.
    </>
  );
}
