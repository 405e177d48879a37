import { formatNumber } from "../../shared/format";
import type { Guess, OptionTexts, Sample } from "../view";
import { digestIn } from "./digest";
import { md5sumLine } from "./md5sum";

/** The job that checks files against a list. */
export const CHECK = "check";

/** Lists of digests among the files: `MD5SUMS`, `md5sums.txt`, `reads.bam.md5`. */
export function guess(files: readonly Sample[]): Guess | null {
  const lists = files.flatMap((file, index) => (isList(file) ? [index] : []));
  const [only] = lists;
  if (only === undefined) return null;
  const says =
    lists.length === 1
      ? `${baseOf(files[only]?.name ?? "")} is a list of expected MD5s.`
      : `${formatNumber(lists.length)} of these files are lists of expected MD5s.`;
  return { job: CHECK, files: lists, says, optionsFrom };
}

const SIDECAR = /\.md5(sums?)?$/i;
const NAMES = /^(md5|md5sums?|checksums?)([._-].*)?$/i;

function isList({ name, head }: Sample): boolean {
  if (!SIDECAR.test(name) && !NAMES.test(baseOf(name))) return false;
  const first = linesOf(new TextDecoder().decode(head))[0] ?? "";
  return digestIn(first).digest !== null;
}

/** The lists, merged. Names in a list are relative to the folder of the list; `reads.bam.md5` does not have to name its file. */
function optionsFrom(lists: readonly { name: string; text: string }[]): OptionTexts {
  const expected = lists.flatMap(({ name, text }) => {
    const folder = name.slice(0, name.lastIndexOf("/") + 1);
    const sibling = baseOf(name).replace(SIDECAR, "");
    return linesOf(text).map((line) => {
      const { digest, name: listed } = digestIn(line);
      if (digest === null) return `${line}\n`; // it will be shown as an error
      return md5sumLine(digest, folder + (listed ?? sibling).replace(/^(\.\/)+/, ""));
    });
  });
  return { expected: expected.join(""), isList: "yes" };
}

export const linesOf = (text: string): string[] =>
  text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "" && !line.startsWith("#"));

const baseOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
