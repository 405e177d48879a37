import type { Contact } from "./types";

export const MOST_COLUMNS = 5; // of the files' own columns that fit beside address and name

/** The other columns of these contacts that become columns of the table: those that most contacts have. */
export function columnsOf(contacts: readonly Contact[]): string[] {
  const times = new Map<string, number>();
  for (const contact of contacts) for (const [name] of filledIn(contact)) times.set(name, (times.get(name) ?? 0) + 1);
  const names = [...times.keys()];
  const kept = new Set(names.toSorted((a, b) => (times.get(b) ?? 0) - (times.get(a) ?? 0)).slice(0, MOST_COLUMNS));
  return names.filter((name) => kept.has(name)); // in the order of the files
}

/** The columns of a contact other than its address and name. */
export const filledIn = ({ data }: Contact): [name: string, value: string][] => Object.entries(data).filter(([, value]) => value.trim() !== "");
