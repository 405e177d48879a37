import { pathsV1TasksGetParametersQueryKindValues as all, pathsV1TasksPostParametersQueryKindValues as uploaded } from "../api/schema.gen";
import type { Parameters } from "../api/types";

/** A kind of file that can be uploaded. */
export type Kind = NonNullable<Parameters["kind"]>;

/** All kinds that the service had when this page was built, in its order. */
export const KINDS: readonly string[] = all;

/** The kinds of files that can be uploaded. */
export const CHOICES: readonly Kind[] = uploaded;

/** The URL of the first page with this kind chosen. */
export const homePath = (kind: Kind): string => `/?kind=${kind}`;
