import type { Parameters } from "../api/types";

/** A file to be handed over. */
export interface Chosen {
  file: File;
  /** With the folders that lead to it, where a whole folder was chosen. */
  name: string;
}

/** What is to be done with it. */
export interface Wanted extends Chosen {
  params: Parameters;
}

const LONGEST_NAME = 4096; // characters
export const MOST_FILES = 1000; // at once; more are a job for a script

export const chosenIn = (files: Iterable<File>): Chosen[] =>
  [...files].map((file) => ({ file, name: fitting(file.webkitRelativePath || file.name) })).toSorted(byFolder);

/** What was dropped, folders with all that is in them; reads on only until there are too many. Must be called while the
 * drop is handled: the browser forgets it afterwards. */
export function chosenInDrop(transfer: DataTransfer): Promise<Chosen[]> {
  const dropped = [...transfer.items]
    .filter((item) => item.kind === "file")
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  return all(dropped);
}

async function all(dropped: { entry: FileSystemEntry | null; file: File | null }[]): Promise<Chosen[]> {
  const chosen: Chosen[] = [];
  for (const { entry, file } of dropped) {
    if (entry?.isDirectory) {
      for await (const found of walk(entry)) {
        chosen.push(found);
        if (chosen.length > MOST_FILES) return chosen;
      }
    } else if (file !== null) {
      chosen.push({ file, name: file.name });
    }
  }
  return chosen.toSorted(byFolder);
}

async function* walk(entry: FileSystemEntry): AsyncGenerator<Chosen> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
    yield { file, name: fitting(entry.fullPath.replace(/^\//, "")) };
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject); // about a hundred at a time, and none at the end
    });
    if (some.length === 0) return;
    for (const one of some) yield* walk(one);
  }
}

/** The end of a path that the service takes as a name: of a longer one the first folders are left off. */
function fitting(path: string): string {
  let name = path;
  while (name.length > LONGEST_NAME && name.includes("/")) name = name.slice(name.indexOf("/") + 1);
  return name;
}

/** Files of folders in the order of their names; chosen one by one, they stay in the order in which they were chosen. */
function byFolder(one: Chosen, other: Chosen): number {
  return one.name.includes("/") && other.name.includes("/") ? (one.name < other.name ? -1 : 1) : 0;
}
