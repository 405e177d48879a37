import type { Sample } from "../kinds/view";
import type { Chosen } from "./chosen";

const HEAD_BYTES = 1024;
const MOST_READ = 100; // files; for the others, only the names are known
const LONGEST_TEXT = 20_000_000; // bytes

/** The names and first bytes of these files. A file that cannot be read has none; its upload will show why. */
export function samplesOf(files: readonly Chosen[]): Promise<Sample[]> {
  return Promise.all(files.map(async ({ file, name }, index) => ({ name, head: index < MOST_READ ? await headOf(file) : new Uint8Array() })));
}

async function headOf(file: File): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  } catch {
    return new Uint8Array();
  }
}

/** The whole text of these files; null: one of them cannot be read, or is too large. */
export async function textsOf(files: readonly Chosen[]): Promise<{ name: string; text: string }[] | null> {
  if (files.reduce((sum, { file }) => sum + file.size, 0) > LONGEST_TEXT) return null;
  try {
    return await Promise.all(files.map(async ({ file, name }) => ({ name, text: await file.text() })));
  } catch {
    return null;
  }
}
