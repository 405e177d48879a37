import { formatNumber } from "../../shared/format";
import { baseOf } from "../../shared/paths";
import { decoded } from "../../shared/text";
import type { Guess, Lists, OptionTexts, Sample } from "../view";
import { digestIn } from "./digest";
import { linesOf, notALine } from "./lines";
import { md5sumLine } from "./md5sum";

/** The job that checks files against a list. */
export const CHECK = "check";

const SIDECAR = /\.md5(sums?)?$/i;
/** Only a list has such a name, so that its mistakes are told. */
const CERTAIN = /^(md5sums?(\.(txt|lst|list))?|manifest-md5\.txt)$/i;
/** A list may have such a name: `checksums.txt`, but also `md5.py`. */
const POSSIBLE = /^(md5|md5sums?|checksums?|manifest-md5)([._-].*)?$/i;

const isCertain = (name: string): boolean => SIDECAR.test(name) || CERTAIN.test(baseOf(name));
const isPossible = (name: string): boolean => SIDECAR.test(name) || POSSIBLE.test(baseOf(name));

/** Lists of digests among the files: `MD5SUMS`, `md5sums.txt`, `reads.bam.md5`; without any, files with such lines under another name. */
export function guess(files: readonly Sample[]): Guess | null {
  const named = positionsOf(files, (file) => isPossible(file.name) && hasDigest(file));
  const found = named.length > 0 ? named : positionsOf(files, isAllDigests);
  const guessed = found.length > 0 ? found : positionsOf(files, ({ name }) => isCertain(name));
  const [only] = guessed;
  if (only === undefined) return null;
  const name = baseOf(files[only]?.name ?? "");
  const one = found.length > 0 ? `${name} is a list of expected MD5s.` : `${name} has the name of a list of MD5s, but does not begin like one.`;
  const many = `${formatNumber(found.length)} of these files are lists of expected MD5s.`;
  return { job: CHECK, files: guessed, says: found.length > 1 ? many : one, areLists: true };
}

export const lists: Lists = {
  isNamed: isPossible,
  among: (files, options) => {
    const named = positionsOf(files, (file) => isCertain(file.name) || (isPossible(file.name) && hasDigest(file)));
    return named.length > 0 || !mayReplace(options) ? named : positionsOf(files, isAllDigests);
  },
  mayReplace,
  read,
};

/** What was typed stays; what an earlier list put there does not. */
function mayReplace({ expected = "", isList }: OptionTexts): boolean {
  return expected.trim() === "" || isList !== undefined;
}

/** The lists, merged. Names in a list are relative to the folder of the list; `reads.bam.md5` does not have to name its file. */
function read(texts: readonly { name: string; text: string }[]): ReturnType<Lists["read"]> {
  const expected: string[] = [];
  for (const { name, text } of texts) {
    const folder = name.slice(0, name.lastIndexOf("/") + 1);
    const sibling = SIDECAR.test(name) ? baseOf(name).replace(SIDECAR, "") : null;
    const lines = linesOf(text);
    if (lines.length === 0) return { ok: false, refusal: text.trim() === "" ? `${name} is empty.` : `${name} has only comments.` };
    for (const line of lines) {
      const { digest, name: inLine } = digestIn(line.text);
      const listed = inLine ?? sibling;
      if (digest === null || listed === null) {
        const refusal = notALine(`${name}, line ${formatNumber(line.number)}`, line.text);
        // One list is shown as it is, so that it can be corrected in the field.
        return { ok: false, refusal, ...(texts.length === 1 && folder === "" && { options: { expected: text, isList: "yes" } }) };
      }
      expected.push(md5sumLine(digest, isAbsolute(listed) ? listed : folder + listed.replace(/^(\.[\\/])+/, "")));
    }
  }
  return { ok: true, options: { expected: expected.join(""), isList: "yes" } };
}

const isAbsolute = (path: string): boolean => /^([a-z]:)?[\\/]/i.test(path);

function positionsOf(files: readonly Sample[], isFound: (file: Sample) => boolean): number[] {
  return files.flatMap((file, index) => (isFound(file) ? [index] : []));
}

/** Whether the first line of a list is a digest. */
function hasDigest({ head }: Sample): boolean {
  const first = linesOf(decoded(head))[0]?.text ?? "";
  return digestIn(first).digest !== null;
}

/** Whether each line has a digest and a name; the last line may be cut off. */
function isAllDigests({ head }: Sample): boolean {
  const [first, ...others] = linesOf(decoded(head));
  const isListed = (line = "") => {
    const { digest, name } = digestIn(line);
    return digest !== null && name !== null;
  };
  return isListed(first?.text) && others.slice(0, -1).every(({ text }) => isListed(text));
}
