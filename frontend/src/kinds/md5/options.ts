import { formatNumber } from "../../shared/format";
import type { OptionTexts, Prepared } from "../view";
import { differencesOf, parseExpected, type ParsedExpected } from "./expected";
import type { Found } from "./manifest";

/** The contents of the field for the expected MD5s. */
export const parsedIn = ({ expected = "", isList }: OptionTexts): ParsedExpected => parseExpected(expected, isList !== undefined);

const NO_LIST =
  "add the expected MD5s first, or choose their list (for example MD5SUMS) together with the files. To upload without a check, choose Get MD5s.";

/** Each file with the digest that it should have; the field is then emptied. */
export function paramsOf(options: OptionTexts, names: readonly string[], others: readonly string[] = []): Prepared {
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
  const { found, missing } = expected.manifest.match([...names, ...others]);
  const matched = { found: found.slice(0, names.length), missing };
  return {
    ok: true,
    params: matched.found.map((line) => (typeof line === "string" ? {} : { expected_md5: line.digest })),
    remarks: matched.found.map(remarkOn),
    listedAs: matched.found.map((line) => (typeof line === "string" ? null : line.name)),
    missing: missing.map(({ name, digest }) => ({ name, params: { expected_md5: digest } })),
    note: differencesOf(matched),
    options: {},
  };
}

function remarkOn(found: Found): string | null {
  if (found === "unlisted") return "Not in the list";
  if (found === "twice") return "Listed twice with different MD5s";
  return found === "ambiguous" ? "Ambiguous in the list" : null;
}
