import { count, formatNumber } from "../../shared/format";
import { digestIn, parseDigest } from "./digest";
import { linesOf, notALine, type NumberedLine } from "./lines";
import { Manifest, type Found, type Matched } from "./manifest";

/** The digests that the next files should have. */
export type Expected = { kind: "nothing" } | { kind: "digest"; digest: string } | { kind: "manifest"; manifest: Manifest };

export type ParsedExpected = { ok: true; expected: Expected } | { ok: false; message: string };

/** One digest, one line of a list, or a list. `isList`: even a single line is a list, so its digest is only for the file of that name. */
export function parseExpected(text: string, isList = false): ParsedExpected {
  const lines = linesOf(text);
  if (lines.length > 1 || (isList && lines.length === 1)) return parseManifest(lines);
  const parsed = parseDigest(text);
  if (!parsed.ok) return parsed;
  return { ok: true, expected: parsed.digest === null ? { kind: "nothing" } : { kind: "digest", digest: parsed.digest } };
}

/** How a list and the files differ, as a sentence. */
export function differencesOf({ found, missing }: Matched): string | null {
  const numberOf = (what: Found) => found.filter((one) => one === what).length;
  const unlisted = numberOf("unlisted");
  const twice = numberOf("twice");
  const ambiguous = numberOf("ambiguous");
  const parts = [
    missing.length > 0 ? `${count(missing.length, "file")} of the list ${missing.length === 1 ? "is" : "are"} missing` : "",
    unlisted > 0 ? `${count(unlisted, "file")} ${unlisted === 1 ? "is not in the list and has" : "are not in the list and have"} no verdict` : "",
    twice > 0 ? `${count(twice, "file")} ${twice === 1 ? "is" : "are"} in the list twice with different MD5s` : "",
    ambiguous > 0 ? `${count(ambiguous, "file")} ${ambiguous === 1 ? "is ambiguous in the list and has" : "are ambiguous in the list and have"} no verdict` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? null : `${parts.join("; ")}.`;
}

function parseManifest(lines: readonly NumberedLine[]): ParsedExpected {
  const listed = [];
  for (const { number, text } of lines) {
    const { digest, name } = digestIn(text);
    if (digest === null || name === null) return { ok: false, message: notALine(`Line ${formatNumber(number)}`, text) };
    listed.push({ name, digest });
  }
  return { ok: true, expected: { kind: "manifest", manifest: new Manifest(listed) } };
}
