import { isReachable } from "../api/tasks";
import { startUpload, UploadFailed, type Upload } from "../api/upload";
import type { Task } from "../api/types";
import { Speedometer } from "../shared/speed";
import type { Wanted } from "./chosen";

export type Phase =
  /** `why`: it was begun before, and will be again by itself. */
  | { name: "waiting"; why: string | null }
  | { name: "sending"; sent: number; speed: number | null }
  | { name: "stopped" }
  | { name: "failed"; message: string }
  | { name: "handed-over"; taskId: string };

export interface Item {
  readonly key: number;
  readonly chosen: Wanted;
  /** The same for every try: an upload whose answer was lost does not become two tasks. */
  readonly idempotencyKey: string;
  readonly phase: Phase;
}

const MAX_SENDING = 3;
const SPEED_WINDOW_MS = 4000;
const MOST_LOSSES = 5; // of one file, with a service that can be reached each time: then something else is wrong
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 10_000;

/** The files chosen on this page, the last choice first. Lives outside of React: an upload goes on whatever is drawn. */
export class UploadQueue {
  private items: readonly Item[] = [];
  private readonly running = new Map<number, Upload>();
  private readonly losses = new Map<number, number>();
  private isHeld = false;
  private pauseMs = FIRST_PAUSE_MS;
  private readonly listeners = new Set<() => void>();
  private nextKey = 1;
  private readonly onHandedOver: (task: Task) => void;

  constructor(onHandedOver: (task: Task) => void) {
    this.onHandedOver = onHandedOver;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): readonly Item[] => this.items;

  readonly add = (files: readonly Wanted[]): void => {
    const phase = { name: "waiting", why: null } as const;
    const added = files.map((chosen): Item => ({ key: this.nextKey++, chosen, idempotencyKey: newKey(), phase }));
    this.items = [...added, ...this.items];
    this.changed();
  };

  readonly stop = (...keys: number[]): void => {
    this.setPhase(keys, { name: "stopped" });
    for (const key of keys) this.running.get(key)?.stop();
  };

  readonly tryAgain = (...keys: number[]): void => {
    for (const key of keys) this.losses.delete(key);
    this.setPhase(keys, { name: "waiting", why: null });
  };

  /** End all that is under way; this queue is no longer anybody's. */
  readonly close = (): void => {
    this.stop(...this.keysOf("waiting", "sending"));
  };

  readonly remove = (...keys: number[]): void => {
    this.items = this.items.filter((item) => !keys.includes(item.key));
    this.changed();
  };

  private keysOf(...names: Phase["name"][]): number[] {
    return this.items.filter(({ phase }) => names.includes(phase.name)).map(({ key }) => key);
  }

  private setPhase(keys: readonly number[], phase: Phase): void {
    const chosen = new Set(keys);
    this.items = this.items.map((item) => (chosen.has(item.key) ? { ...item, phase } : item));
    this.changed();
  }

  private changed(): void {
    this.startNext();
    for (const listener of this.listeners) listener();
  }

  private startNext(): void {
    if (this.isHeld || this.running.size >= MAX_SENDING) return;
    // The oldest first, and each key once: one that was stopped a moment ago may still be ending.
    for (const item of this.items.toSorted((one, other) => one.key - other.key)) {
      if (this.running.size >= MAX_SENDING) return;
      if (item.phase.name === "waiting" && !this.running.has(item.key)) this.start(item);
    }
  }

  private start({ key, chosen, idempotencyKey }: Item): void {
    const speedometer = new Speedometer(SPEED_WINDOW_MS);
    const sent = (bytes: number): void => {
      if (this.running.has(key)) this.setPhase([key], { name: "sending", sent: bytes, speed: speedometer.measure(bytes, performance.now()) });
    };
    const upload = startUpload(chosen, idempotencyKey, sent);
    this.running.set(key, upload);
    this.items = this.items.map((item) => (item.key === key ? { ...item, phase: { name: "sending", sent: 0, speed: null } } : item));
    void this.finish(key, upload);
  }

  private async finish(key: number, upload: Upload): Promise<void> {
    let phase: Phase | null = null;
    try {
      const task = await upload.done;
      this.onHandedOver(task);
      this.pauseMs = FIRST_PAUSE_MS;
      phase = { name: "handed-over", taskId: task.id };
    } catch (error) {
      // null: stopped by the user, and shown so already
      if (error instanceof UploadFailed) phase = this.after(key, error);
    }
    this.running.delete(key);
    if (phase === null) this.changed();
    else this.setPhase([key], phase);
  }

  private after(key: number, { why, message }: UploadFailed): Phase {
    const losses = (this.losses.get(key) ?? 0) + (why === "lost" ? 1 : 0);
    this.losses.set(key, losses);
    if (why === "signed-out") this.setPhase(this.keysOf("waiting"), { name: "failed", message }); // each would be told the same
    if (why === "signed-out" || why === "no" || losses > MOST_LOSSES) return { name: "failed", message };
    void this.hold();
    return { name: "waiting", why: message };
  }

  /** Begin nothing until the service can be reached again. */
  private async hold(): Promise<void> {
    if (this.isHeld) return;
    this.isHeld = true;
    do {
      await new Promise((resolve) => setTimeout(resolve, this.pauseMs));
      this.pauseMs = Math.min(2 * this.pauseMs, LONGEST_PAUSE_MS);
    } while (!(await isReachable()));
    this.isHeld = false;
    this.changed();
  }
}

/** As random as a UUID; `crypto.randomUUID` is not there on a page that came by plain HTTP from another host. */
const newKey = (): string => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
