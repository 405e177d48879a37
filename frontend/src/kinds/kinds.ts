import { pathsV1TasksGetParametersQueryKindValues as all, pathsV1TasksPostParametersQueryKindValues as handedOver } from "../api/schema.gen";
import type { Parameters } from "../api/types";

/** One that a file can be handed over for. */
export type Kind = NonNullable<Parameters["kind"]>;

/** All kinds that the service has had when this page was built, in its order. */
export const KINDS: readonly string[] = all;

/** Those that a file can be handed over for. */
export const CHOICES: readonly Kind[] = handedOver;

const [first] = CHOICES;
if (first === undefined) throw new Error("openapi.json names no kind");
/** What is done where nothing is said. */
const FIRST = first;

/** What an address of the first page says; what it does not know is as if it said nothing. */
export function kindIn(search: string): Kind {
  const given = new URLSearchParams(search).get("kind");
  return CHOICES.find((kind) => kind === given) ?? FIRST;
}

/** The address of the first page with that choice made. */
export const homePath = (kind: Kind): string => (kind === FIRST ? "/" : `/?kind=${kind}`);
