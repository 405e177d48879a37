import type { Parameters } from "../../api/types";

/** How a CSV of contacts is to be read, as it stands in the fields: what is empty is detected. */
export interface ContactsOptions {
  delimiter: string;
  encoding: string;
  header: string;
  email_column: string;
  check_mx: boolean;
}

export const NO_OPTIONS: ContactsOptions = { delimiter: "", encoding: "", header: "", email_column: "", check_mx: false };

/** What the service is told: only what was filled in. */
export function paramsOf({ check_mx, ...texts }: ContactsOptions): Parameters {
  const given = Object.entries(texts).map(([name, text]) => [name, text.trim()] as const);
  const filled = Object.fromEntries(given.filter(([, text]) => text !== "")) as Parameters; // what is wrong in it the service says
  return { kind: "contacts", ...filled, ...(check_mx && { check_mx }) };
}

/** How many are not left to be detected. */
export const countGiven = (options: ContactsOptions): number => Object.keys(paramsOf(options)).length - 1;
