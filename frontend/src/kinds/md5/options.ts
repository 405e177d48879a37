import { formatNumber } from "../../shared/format";
import type { OptionTexts, Prepared } from "../view";
import { digestsFor, parseExpected, whatDoesNotFit, type ParsedExpected } from "./expected";

/** What was typed or pasted into the field of the expected MD5. */
export const expectedIn = ({ expected = "" }: OptionTexts): string => expected;

/** Each file with the digest that it should have; what they were checked against is then used up. */
export function paramsOf(options: OptionTexts, names: readonly string[]): Prepared {
  const parsed = parseExpected(expectedIn(options));
  if (!parsed.ok) return { ok: false, refusal: "correct the expected MD5 first, or empty the field." };
  const refusal = whyNot(names.length, parsed);
  if (refusal !== null) return { ok: false, refusal };
  const digests = digestsFor(names, parsed.expected);
  return {
    ok: true,
    params: digests.map((digest) => (digest === null ? {} : { expected_md5: digest })),
    note: whatDoesNotFit(digests, parsed.expected),
    options: {},
  };
}

function whyNot(count: number, parsed: Extract<ParsedExpected, { ok: true }>): string | null {
  if (parsed.expected.kind !== "digest" || count === 1) return null;
  return `an expected MD5 belongs to one file, and you chose ${formatNumber(count)}. Choose one file, or paste a list of several lines.`;
}
