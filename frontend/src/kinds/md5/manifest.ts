interface Line {
  name: string;
  digest: string;
}

/** A list of digests by name, as `md5sum` writes it. */
export class Manifest {
  readonly size: number;
  private readonly lines: readonly Line[];

  constructor(lines: Line[]) {
    this.size = lines.length;
    this.lines = lines.map(({ name, digest }) => ({ name: name.replace(/^(\.\/)+/, ""), digest }));
  }

  /**
   * What it says of each of these files; null: nothing, or two different things. The list may have been made in a folder above
   * or below the one that was chosen: so many folders are left off at the beginning of all its names, or of all the files', that
   * most are found.
   */
  digestsFor(names: readonly string[]): (string | null)[] {
    let best: (string | null)[] = names.map(() => null);
    let mostFound = 0;
    const deepest = (paths: readonly string[]) => paths.reduce((most, path) => Math.max(most, path.split("/").length - 1), 0);
    const inList = deepest(this.lines.map(({ name }) => name));
    const inFiles = deepest(names);
    for (let off = 0; off <= Math.max(inList, inFiles); off += 1) {
      const tries = [
        ...(off <= inFiles ? [{ offFiles: off, offList: 0 }] : []),
        ...(off > 0 && off <= inList ? [{ offFiles: 0, offList: off }] : []),
      ];
      for (const { offFiles, offList } of tries) {
        const known = this.byName(offList);
        const found = names.map((name) => known.get(without(offFiles, name) ?? "") ?? null);
        const count = found.filter((digest) => digest !== null).length;
        if (count > mostFound) [best, mostFound] = [found, count];
      }
    }
    return best;
  }

  /** Null: two lines have the same name, and different digests. */
  private byName(offList: number): ReadonlyMap<string, string | null> {
    const known = new Map<string, string | null>();
    for (const { name, digest } of this.lines) {
      const rest = without(offList, name);
      if (rest !== null) known.set(rest, known.has(rest) && known.get(rest) !== digest ? null : digest);
    }
    return known;
  }
}

/** The path without its first folders; null where it has fewer. */
function without(folders: number, path: string): string | null {
  const parts = path.split("/");
  return parts.length > folders ? parts.slice(folders).join("/") : null;
}
