const SHORTEST_MS = 400; // a shorter time is too imprecise

/** Bytes per second over the last seconds. */
export class Speedometer {
  private samples: { at: number; bytes: number }[] = [];
  private readonly windowMs: number;

  constructor(windowMs: number) {
    this.windowMs = windowMs;
  }

  /** Null: too little is known yet. Fewer bytes than before mean that the work was restarted. */
  measure(bytes: number, at: number): number | null {
    if (bytes < (this.samples.at(-1)?.bytes ?? 0)) this.samples = [];
    this.samples.push({ at, bytes });
    while ((this.samples[1]?.at ?? Infinity) <= at - this.windowMs) this.samples.shift();
    const first = this.samples[0];
    if (first === undefined || at - first.at < SHORTEST_MS) return null;
    return ((bytes - first.bytes) / (at - first.at)) * 1000;
  }
}
