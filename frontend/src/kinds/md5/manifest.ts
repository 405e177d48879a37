import { comparable } from "../../shared/paths";
import { pairsOf } from "./pairs";

export interface Line {
  name: string;
  digest: string;
}

/** What a list says of a file. `twice`: it has two digests for it; `ambiguous`: it is not clear which line is meant. */
export type Found = Line | "unlisted" | "twice" | "ambiguous";

export interface Matched {
  /** For each file. */
  found: readonly Found[];
  /** Lines for which there is no file. */
  missing: readonly Line[];
}

/** A list of digests by name, as `md5sum` writes it. */
export class Manifest {
  readonly size: number;
  /** The lines by path; a path is usually in one line. */
  private readonly lines = new Map<string, Line[]>();

  constructor(lines: readonly Line[]) {
    this.size = lines.length;
    for (const { name, digest } of lines) {
      const line = { name: name.replace(/^(\.\/)+/, ""), digest };
      const path = comparable(name);
      const same = this.lines.get(path);
      if (same === undefined) this.lines.set(path, [line]);
      else if (!same.some((other) => other.digest === digest)) same.push(line);
    }
  }

  /** What the list says of these files. It may have been made in another folder or on another system. */
  match(names: readonly string[]): Matched {
    const listed = [...this.lines.values()];
    const { pairs, ambiguous } = pairsOf(names.map(comparable), [...this.lines.keys()]);
    const found = names.map((_, file): Found => {
      const [line, ...others] = listed[pairs.get(file) ?? -1] ?? [];
      if (line === undefined) return ambiguous.has(file) ? "ambiguous" : "unlisted";
      return others.length === 0 ? line : "twice";
    });
    const there = new Set(pairs.values());
    return { found, missing: listed.flatMap((lines, index) => (there.has(index) ? [] : lines)) };
  }
}
