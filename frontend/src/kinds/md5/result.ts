import type { Task } from "../../api/types";

export interface Md5Result {
  md5: string;
  /** Only if an expected digest was given. */
  verdict: { expected: string; matches: boolean } | null;
}

/** The result; null: there is none yet. */
export function md5ResultOf(task: Task): Md5Result | null {
  const result: Readonly<Record<string, unknown>> | null = task.result;
  if (result === null || typeof result.md5 !== "string") return null;
  const { md5, expected, match } = result;
  const verdict = typeof expected === "string" && typeof match === "boolean" ? { expected, matches: match } : null;
  return { md5, verdict };
}

/** The digest that the file should have, known before there is a result. */
export function expectedOf({ params }: Task): string | null {
  return typeof params.expected_md5 === "string" ? params.expected_md5 : null;
}
