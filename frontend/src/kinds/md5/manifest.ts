export interface Line {
  name: string;
  digest: string;
}

export interface Matched {
  /** For each file; undefined: it is not in the list; null: the list has two different ones. */
  digests: readonly (string | null | undefined)[];
  /** Lines for which there is no file. */
  missing: readonly Line[];
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
   * What the list says of these files. It may have been made in a folder above or below the one that was chosen: as many
   * leading folders are ignored, in all its names or in all the files', as it takes to find most files.
   */
  match(names: readonly string[]): Matched {
    let best: Matched = { digests: names.map(() => undefined), missing: this.lines };
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
        const rests = names.map((name) => without(offFiles, name) ?? "");
        const digests = rests.map((rest) => known.get(rest));
        const found = digests.filter((digest) => typeof digest === "string").length;
        if (found > mostFound) {
          const there = new Set(rests);
          best = { digests, missing: this.lines.filter(({ name }) => !there.has(without(offList, name) ?? "")) };
          mostFound = found;
        }
      }
    }
    return best;
  }

  /** Null: two lines have the same name and different digests. */
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
