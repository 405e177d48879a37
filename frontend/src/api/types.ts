import type { components, operations } from "./schema.gen";

export type Task = components["schemas"]["Task"];
export type Problem = components["schemas"]["Problem"];
export type Session = components["schemas"]["Session"];
export type Stats = components["schemas"]["Stats"];
export type TaskPage = components["schemas"]["Page"];

/** The parameters of an upload. */
export type Parameters = NonNullable<operations["hand_over_v1_tasks_post"]["parameters"]["query"]>;

export type TaskQuery = NonNullable<operations["list_tasks_v1_tasks_get"]["parameters"]["query"]>;
/** The filters and the page of the list of tasks, as in the URL, valid or not. */
export type Filters = { [Name in keyof Omit<TaskQuery, "limit">]: string | null } & Pick<TaskQuery, "limit">;
