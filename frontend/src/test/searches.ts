import type { Task } from "../api/types";
import { doneTask, taskWith } from "./server";

export const AT = "2026-03-12T13:03:22Z";
const CALLS: Partial<Task> = { kind: "phones", filename: "calls.txt", started_at: AT, params: { region: "DE" } };

/** What a text of phone numbers has. */
export const RESULT = { numbers: 1234, distinct: 1100, region: "DE", encoding: "utf-8", engine: "exact" } as const;

/** Its task, under way and done. */
export const searching = (changes: Partial<Task> = {}) => taskWith({ ...CALLS, status: "running", ...changes });
export const searched = (changes: Partial<Task> = {}) => doneTask({ ...CALLS, result: RESULT, ...changes });
