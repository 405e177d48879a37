import type { Task } from "../../api/types";
import type { Code, KindView } from "../view";
import { wordsFor } from "../words";
import { parseDigest } from "./digest";
import { ExpectedMd5Field } from "./ExpectedMd5Field";
import { paramsOf } from "./options";
import { expectedOf, md5ResultOf } from "./result";
import { SaveManifest } from "./SaveManifest";
import { Verdict } from "./Verdict";

export const view: Partial<KindView> = {
  name: "MD5",
  help: "The digest of any file",
  gives: "the MD5 of the file",
  WhatHappens: Hashed,

  Options: ExpectedMd5Field,
  paramsOf,

  words: wordsFor("hashed", "Hashing"),
  codes,
  Result,
  summary: (task) => {
    const result = md5ResultOf(task);
    return result !== null && <code>{result.md5}</code>;
  },
  warning: (task) => (md5ResultOf(task)?.verdict?.matches === false ? "does not match" : null),
  spoken: (task) => {
    const verdict = md5ResultOf(task)?.verdict ?? null;
    if (verdict === null) return "";
    return verdict.matches ? ", matches the expected MD5" : ", does not match the expected MD5";
  },

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

function Hashed() {
  return (
    <>
      <strong>The file is hashed.</strong> You see how far it is, then its MD5: the same 32 digits that <code>md5sum</code> prints.
    </>
  );
}
