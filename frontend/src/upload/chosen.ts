import type { Parameters } from "../api/types";

export interface Chosen {
  file: File;
  /** With its folders, if a whole folder was chosen. */
  name: string;
}

/** A file to upload, and what for. */
export interface Wanted {
  /** Null: it must be chosen first, because it is missing according to a list, or its upload was interrupted. */
  file: File | null;
  name: string;
  size: number;
  params: Parameters;
  /** Always shown with the file: `Not in the list`. */
  remark: string | null;
  /** Its name in the list of its delivery, if it is in one. */
  listedAs?: string | null;
}

const LONGEST_NAME = 4096; // characters
export const LONGEST_BATCH = 255; // characters
export const MOST_FILES = 1000; // at once; use a script for more

export const chosenIn = (files: Iterable<File>): Chosen[] =>
  [...files].map((file) => ({ file, name: fitting(file.webkitRelativePath || file.name) })).toSorted(byFolder);

/** What was dropped, folders with all their files; it stops reading when there are too many. Must be called while the drop is
 * handled: the browser discards it afterwards. */
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
      reader.readEntries(resolve, reject); // about a hundred at a time; none at the end
    });
    if (some.length === 0) return;
    for (const one of some) yield* walk(one);
  }
}

/** The path, without its first folders if it is too long for a name. */
function fitting(path: string): string {
  let name = path;
  while (name.length > LONGEST_NAME && name.includes("/")) name = name.slice(name.indexOf("/") + 1);
  return name;
}

/** The folder that contains all these files, which is a good name for their batch; null: there is none. */
export function folderOf(files: readonly Chosen[]): string | null {
  const [folder, ...others] = new Set(files.map(({ name }) => (name.includes("/") ? (name.split("/", 1)[0] ?? "") : "")));
  return folder && others.length === 0 ? folder.slice(0, LONGEST_BATCH) : null;
}

/** The files of folders in the order of their names; files chosen one by one in the order in which they were chosen. */
function byFolder(one: Chosen, other: Chosen): number {
  return one.name.includes("/") && other.name.includes("/") ? (one.name < other.name ? -1 : 1) : 0;
}
