import type { components, operations } from "./schema.gen";

export type Task = components["schemas"]["Task"];
export type Problem = components["schemas"]["Problem"];
export type Session = components["schemas"]["Session"];
export type Stats = components["schemas"]["Stats"];
export type TaskPage = components["schemas"]["Page"];

/** What narrows the list of tasks, and which page of it is meant. */
export type Filters = NonNullable<operations["list_tasks_v1_tasks_get"]["parameters"]["query"]>;
