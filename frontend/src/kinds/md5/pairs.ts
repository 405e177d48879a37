export interface Pairs {
  /** The position in the list of each file that is in it, by the position of the file. */
  pairs: ReadonlyMap<number, number>;
  /** Files that may be several lines of the list, or lines that may be several files. */
  ambiguous: ReadonlySet<number>;
}

/**
 * Which file is which line of a list. Paths that are the same belong together. For the others, as the list may have been made
 * elsewhere, the longest common end of the paths decides if no other file and no other line ends like that; else, folders that
 * such pairs have in common do: with `new/x` for `old/x`, `new/a` is `old/a` and not `old/b/a`.
 */
export function pairsOf(files: readonly string[], listed: readonly string[]): Pairs {
  const pairs = new Map<number, number>();
  const taken = new Set<number>();
  const folders = new Set<string>();
  const pair = (file: number, line: number) => {
    pairs.set(file, line);
    taken.add(line);
  };

  const byPath = new Map(listed.map((path, line) => [path, line]));
  files.forEach((path, file) => {
    const line = byPath.get(path);
    if (line !== undefined) pair(file, line);
  });
  if (pairs.size === files.length) return { pairs, ambiguous: new Set() };

  const inFiles = byEnd(files);
  const inList = byEnd(listed, inFiles);
  const candidatesFor = (file: number) => {
    for (const end of endsOf(files[file] ?? "")) {
      const lines = inList.get(end)?.filter((line) => !taken.has(line)) ?? [];
      if (lines.length > 0) return { end, lines };
    }
    return null;
  };
  const unpaired = () => [...files.keys()].filter((file) => !pairs.has(file));

  for (const file of unpaired()) {
    const { end = "", lines: [line] = [] } = candidatesFor(file) ?? {};
    if (line === undefined || inList.get(end)?.length !== 1 || inFiles.get(end)?.length !== 1) continue;
    pair(file, line);
    folders.add(foldersOf(files[file] ?? "", listed[line] ?? "", end));
  }

  const claims = new Map<number, number[]>(); // files by line
  for (const file of unpaired()) {
    const { end = "", lines = [] } = candidatesFor(file) ?? {};
    const [line, ...others] = lines.filter((one) => folders.has(foldersOf(files[file] ?? "", listed[one] ?? "", end)));
    if (line !== undefined && others.length === 0) claims.set(line, [...(claims.get(line) ?? []), file]);
  }
  for (const [line, [file, ...others]] of claims) {
    if (file !== undefined && others.length === 0) pair(file, line);
  }
  return { pairs, ambiguous: new Set(unpaired().filter((file) => candidatesFor(file) !== null)) };
}

/** The ends of a path, the longest first: `a/b/c`, `b/c`, `c`. */
function endsOf(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_, index) => parts.slice(index).join("/"));
}

/** The positions of the paths, by each of their ends; `wanted`: only by these. */
function byEnd(paths: readonly string[], wanted?: ReadonlyMap<string, unknown>): Map<string, number[]> {
  const found = new Map<string, number[]>();
  paths.forEach((path, index) => {
    for (const end of endsOf(path)) {
      if (wanted !== undefined && !wanted.has(end)) continue;
      const same = found.get(end);
      if (same === undefined) found.set(end, [index]);
      else same.push(index);
    }
  });
  return found;
}

/** What stands before the common end. */
const foldersOf = (file: string, line: string, end: string): string =>
  `${file.slice(0, file.length - end.length)}\0${line.slice(0, line.length - end.length)}`;
