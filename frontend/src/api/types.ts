import type { components } from "./schema.gen";

export type Task = components["schemas"]["Task"];
export type Problem = components["schemas"]["Problem"];
