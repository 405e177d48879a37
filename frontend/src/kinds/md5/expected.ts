import { count } from "../../shared/format";
import { digestIn, parseDigest } from "./digest";
import { Manifest } from "./manifest";

/** What somebody expects of the files that are chosen next. */
export type Expected = { kind: "nothing" } | { kind: "digest"; digest: string } | { kind: "manifest"; manifest: Manifest };

export type ParsedExpected = { ok: true; expected: Expected } | { ok: false; message: string };

/** What was typed or pasted: one digest, or one line of a manifest, or a whole one. */
export function parseExpected(text: string): ParsedExpected {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  if (lines.length > 1) return parseManifest(lines);
  const parsed = parseDigest(text);
  if (!parsed.ok) return parsed;
  return { ok: true, expected: parsed.digest === null ? { kind: "nothing" } : { kind: "digest", digest: parsed.digest } };
}

/** The digest that each of these files should have; null: none is known. */
export function digestsFor(names: readonly string[], expected: Expected): (string | null)[] {
  if (expected.kind === "manifest") return expected.manifest.digestsFor(names);
  return names.map(() => (expected.kind === "digest" ? expected.digest : null));
}

/** Where a manifest and the files do not quite fit together: to be said, and no reason to stop. */
export function whatDoesNotFit(digests: readonly (string | null)[], expected: Expected): string | null {
  if (expected.kind !== "manifest") return null;
  const found = digests.filter((digest) => digest !== null).length;
  const [unlisted, unused] = [digests.length - found, expected.manifest.size - found];
  const parts = [
    unlisted > 0 ? `no verdict for ${count(unlisted, "file")} that the list does not have, or has twice with different digests` : "",
    unused > 0 ? `no file here for ${count(unused, "line")} of it` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? null : `The list and the files do not quite fit together: ${parts.join("; ")}.`;
}

function parseManifest(lines: string[]): ParsedExpected {
  const listed = [];
  for (const line of lines) {
    const { digest, name } = digestIn(line);
    if (digest === null || name === null) return { ok: false, message: `This is not a line as md5sum writes it: ${line.slice(0, 80)}` };
    listed.push({ name, digest });
  }
  return { ok: true, expected: { kind: "manifest", manifest: new Manifest(listed) } };
}
