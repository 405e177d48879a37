import type { Task } from "../../api/types";
import type { Code, KindView } from "../view";
import { wordsFor } from "../words";
import { parseDigest } from "./digest";
import { ExpectedMd5Field } from "./ExpectedMd5Field";
import { CHECK, guess, lists } from "./lists";
import { paramsOf } from "./options";
import { expectedOf, md5ResultOf } from "./result";
import { SaveManifest } from "./SaveManifest";
import { Verdict } from "./Verdict";

export const view: Partial<KindView> = {
  name: "MD5",
  jobs: [
    { name: "Get MD5s", help: "Compute the digest of any file", gives: "its MD5" },
    {
      id: CHECK,
      name: "Check a delivery",
      help: "Compare files with the list of MD5s that came with them",
      gives: "whether it matches the list, and which files are missing",
      Options: ExpectedMd5Field,
      lists,
      paramsOf,
    },
  ],
  guess,

  words: wordsFor("hashed", "Hashing"),
  codes,
  Result,
  summary: (task) => {
    const result = md5ResultOf(task);
    return result !== null && <code>{result.md5}</code>;
  },
  warning: (task) => (md5ResultOf(task)?.verdict?.matches === false ? "does not match" : null),
  confirmation: (task) => (md5ResultOf(task)?.verdict?.matches === true ? "matches" : null),
  spoken: (task) => (task.status === "done" && md5ResultOf(task)?.verdict ? " the expected MD5" : ""),

  ForAll: SaveManifest,

  filters: [
    {
      name: "md5",
      label: "MD5",
      isCode: true,
      parse: (text) => {
        const parsed = parseDigest(text);
        return parsed.ok ? { ok: true, value: parsed.digest } : parsed;
      },
    },
  ],
};

function codes(task: Task): Code[] {
  const result = md5ResultOf(task);
  if (result !== null) return [{ name: "MD5", of: "MD5", value: result.md5, testId: "md5" }];
  const expected = expectedOf(task);
  return expected === null ? [] : [{ name: "Expected", value: expected, testId: "expected" }];
}

function Result({ task }: { task: Task }) {
  const verdict = md5ResultOf(task)?.verdict ?? null;
  return verdict !== null && <Verdict {...verdict} />;
}
