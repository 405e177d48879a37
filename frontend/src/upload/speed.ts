const WINDOW_MS = 4000;
const SHORTEST_MS = 400; // less says nothing

/** Bytes per second over the last seconds, from how much was sent when. */
export class Speedometer {
  private samples: { at: number; bytes: number }[] = [];

  /** Null as long as too little is known. */
  measure(bytes: number, at: number): number | null {
    this.samples.push({ at, bytes });
    while ((this.samples[1]?.at ?? Infinity) <= at - WINDOW_MS) this.samples.shift();
    const first = this.samples[0];
    if (first === undefined || at - first.at < SHORTEST_MS) return null;
    return ((bytes - first.bytes) / (at - first.at)) * 1000;
  }
}
