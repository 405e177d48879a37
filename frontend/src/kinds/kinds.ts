import type { Parameters } from "../api/types";

export type Kind = NonNullable<Parameters["kind"]>;

interface KindOfWork {
  kind: Kind;
  name: string;
  explanation: string;
}

/** What can be done with a file. The first is what is done where nothing is said. */
export const KINDS = [
  { kind: "md5", name: "MD5", explanation: "The digest of any file" },
  { kind: "contacts", name: "Contacts", explanation: "E-mail contacts from a CSV" },
] as const satisfies readonly KindOfWork[];

/** What an address of the first page says; what it does not know is as if it said nothing. */
export function kindIn(search: string): Kind {
  const given = new URLSearchParams(search).get("kind");
  return KINDS.find(({ kind }) => kind === given)?.kind ?? KINDS[0].kind;
}

/** The address of the first page with that choice made. */
export const homePath = (kind: Kind): string => (kind === KINDS[0].kind ? "/" : `/?kind=${kind}`);
