import { formatNumber } from "../../shared/format";
import type { OptionTexts, Prepared } from "../view";
import { differencesOf, parseExpected, type ParsedExpected } from "./expected";

/** The contents of the field for the expected MD5s. */
export const parsedIn = ({ expected = "", isList }: OptionTexts): ParsedExpected => parseExpected(expected, isList !== undefined);

const NO_LIST =
  "add the expected MD5s first, or choose their list (for example MD5SUMS) together with the files. To upload without a check, choose Get MD5s.";

/** Each file with the digest that it should have; the field is then emptied. */
export function paramsOf(options: OptionTexts, names: readonly string[]): Prepared {
  const parsed = parsedIn(options);
  if (!parsed.ok) return { ok: false, refusal: `correct the expected MD5s first. ${parsed.message}` };
  const { expected } = parsed;
  if (expected.kind === "nothing") return { ok: false, refusal: NO_LIST };
  if (expected.kind === "digest") {
    if (names.length === 1) return { ok: true, params: [{ expected_md5: expected.digest }], options: {} };
    return {
      ok: false,
      refusal: `one expected MD5 is for one file, but you chose ${formatNumber(names.length)}. Choose one file, or paste a list with the name of each file.`,
    };
  }
  const matched = expected.manifest.match(names);
  return {
    ok: true,
    params: matched.digests.map((digest) => (typeof digest === "string" ? { expected_md5: digest } : {})),
    remarks: matched.digests.map(remarkOn),
    missing: matched.missing.map(({ name, digest }) => ({ name, params: { expected_md5: digest } })),
    note: differencesOf(matched),
    options: {},
  };
}

function remarkOn(digest: string | null | undefined): string | null {
  if (digest === undefined) return "Not in the list";
  return digest === null ? "Listed twice with different MD5s" : null;
}
