interface Line {
  name: string;
  digest: string;
}

const baseOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** A list of digests by name, as `md5sum` writes it. */
export class Manifest {
  readonly size: number;
  private readonly byBase = new Map<string, Line[]>();

  constructor(lines: Line[]) {
    this.size = lines.length;
    for (const line of lines) {
      const name = line.name.replace(/^(\.\/)+/, "");
      const alike = this.byBase.get(baseOf(name));
      if (alike === undefined) this.byBase.set(baseOf(name), [{ name, digest: line.digest }]);
      else alike.push({ name, digest: line.digest });
    }
  }

  /**
   * What it says of this file; null: nothing. It may have been made in a folder above or below the one that was chosen, so the
   * shorter of the two paths must be the end of the longer one; of several digests that fit so none is taken.
   */
  digestFor(name: string): string | null {
    const alike = this.byBase.get(baseOf(name)) ?? [];
    const same = alike.filter((line) => line.name === name);
    const fitting = same.length > 0 ? same : alike.filter((line) => `/${name}`.endsWith(`/${line.name}`) || `/${line.name}`.endsWith(`/${name}`));
    const digests = new Set(fitting.map(({ digest }) => digest));
    return digests.size === 1 ? ([...digests][0] ?? null) : null;
  }
}
