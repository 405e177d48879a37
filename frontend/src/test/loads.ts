import type { Task } from "../api/types";
import { doneTask, taskWith } from "./server";

/** What became of the rows of a file of contacts. */
export const RESULT = {
  rows: 1000,
  inserted: 970,
  duplicate: 20,
  invalid: 10,
  encoding: "utf-8",
  delimiter: ";",
  header: false,
  email_column: 2,
  name_column: 1,
};

/** Its task, under way and done. */
export const loading = (changes: Partial<Task>) => taskWith({ kind: "contacts", filename: "partner.csv", size: 24_000_000, ...changes });
export const loaded = (changes: Partial<Task> = {}) => doneTask({ kind: "contacts", filename: "partner.csv", result: RESULT, ...changes });
