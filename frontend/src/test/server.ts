import { http, HttpResponse } from "msw";
import { setupServer } from "msw/node";
import type { Task } from "../api/types";

/** The API of the tests, which asks for no keys; each test says what else it answers. */
export const server = setupServer(http.get("*/v1/session", () => HttpResponse.json({ auth: "none", owner: null })));

export const ID = "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
export const MD5 = "900150983cd24fb0d6963f7d28e17f72";

/** A task as the API answers it, queued unless told otherwise. */
export function taskWith(changes: Partial<Task>): Task {
  return {
    id: ID,
    kind: "md5",
    status: "queued",
    outcome: null,
    filename: "sample.fastq.gz",
    size: 3,
    batch: null,
    params: {},
    kept: true,
    kept_until: null,
    retry_of: null,
    created_at: "2026-03-12T13:03:22Z",
    started_at: null,
    finished_at: null,
    results_deleted_at: null,
    attempt: 0,
    history: [],
    progress: { done: 0, total: 3, unit: "bytes" },
    result: null,
    error: null,
    ...changes,
  };
}

export const doneTask = (changes: Partial<Task> = {}): Task =>
  taskWith({ status: "done", outcome: "done", finished_at: "2026-03-12T13:03:25Z", result: { md5: MD5 }, ...changes });

export const problem = (status: number, code: string, detail: string) => ({ type: `about:${code}`, title: code, status, detail, code });
