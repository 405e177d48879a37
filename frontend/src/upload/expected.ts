import { digestIn, parseDigest } from "./digest";
import { Manifest } from "./manifest";

/** What somebody expects of the files that are chosen next. */
export type Expected = { kind: "nothing" } | { kind: "digest"; digest: string } | { kind: "manifest"; manifest: Manifest };

export type ParsedExpected = { ok: true; expected: Expected } | { ok: false; message: string };

/** What was typed or pasted: one digest, or one line of a manifest, or a whole one. */
export function parseExpected(text: string): ParsedExpected {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length > 1) return parseManifest(lines);
  const parsed = parseDigest(text);
  if (!parsed.ok) return parsed;
  return { ok: true, expected: parsed.digest === null ? { kind: "nothing" } : { kind: "digest", digest: parsed.digest } };
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
