import { OFFERS } from "../kinds/jobs";
import type { Sample } from "../kinds/view";
import { formatSize } from "../shared/format";
import { decoded } from "../shared/text";
import type { Chosen } from "./chosen";

const HEAD_BYTES = 1024;
const HEAD_OF_LIST_BYTES = 16 * 1024; // it may begin with comments
const MOST_READ = 100; // files; for the others, only the names are known, except for lists
const LONGEST_LIST = 8_000_000; // bytes

/** The names and first bytes of these files. A file that cannot be read has none; its upload will show why. */
export function samplesOf(files: readonly Chosen[]): Promise<Sample[]> {
  return Promise.all(
    files.map(async ({ file, name }, index) => {
      const length = isNamedLikeList(name) ? HEAD_OF_LIST_BYTES : index < MOST_READ ? HEAD_BYTES : 0;
      return { name, head: await headOf(file, length) };
    }),
  );
}

const isNamedLikeList = (name: string): boolean => OFFERS.some(({ job }) => job.lists?.isNamed(name) === true);

async function headOf(file: File, length: number): Promise<Uint8Array> {
  try {
    return length === 0 ? new Uint8Array() : new Uint8Array(await file.slice(0, length).arrayBuffer());
  } catch {
    return new Uint8Array();
  }
}

type Texts = { ok: true; texts: { name: string; text: string }[] } | { ok: false; refusal: string; options?: undefined };

/** The whole text of each of these lists. */
export async function textsOf(files: readonly Chosen[]): Promise<Texts> {
  const texts = [];
  for (const { file, name } of files) {
    if (file.size > LONGEST_LIST) {
      return { ok: false, refusal: `${name} is too large for a list: it has ${formatSize(file.size)}, and the limit is ${formatSize(LONGEST_LIST)}.` };
    }
    try {
      texts.push({ name, text: decoded(new Uint8Array(await file.arrayBuffer())) });
    } catch {
      return { ok: false, refusal: `${name} could not be read.` };
    }
  }
  return { ok: true, texts };
}
