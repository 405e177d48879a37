import type { components, operations } from "./schema.gen";

export type Task = components["schemas"]["Task"];
export type Problem = components["schemas"]["Problem"];
export type Session = components["schemas"]["Session"];
export type Stats = components["schemas"]["Stats"];
export type TaskPage = components["schemas"]["Page"];

/** What is said with a file that is handed over. */
export type Parameters = NonNullable<operations["hand_over_v1_tasks_post"]["parameters"]["query"]>;

export type TaskQuery = NonNullable<operations["list_tasks_v1_tasks_get"]["parameters"]["query"]>;
/** What narrows the list of tasks, and which page of it is meant: as it stands in an address, right or wrong. */
export type Filters = { [Name in keyof Omit<TaskQuery, "limit">]: string | null } & Pick<TaskQuery, "limit">;
