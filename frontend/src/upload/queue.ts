import { isReachable } from "../api/tasks";
import { startUpload, UploadFailed, type Upload } from "../api/upload";
import type { Task } from "../api/types";
import { Speedometer } from "../shared/speed";
import type { Wanted } from "./chosen";

export type Phase =
  /** `why`: the upload was interrupted, and starts again automatically. */
  | { name: "waiting"; why: string | null }
  | { name: "sending"; sent: number; speed: number | null }
  | { name: "stopped" }
  | { name: "failed"; message: string }
  | { name: "uploaded"; taskId: string }
  /** A list names this file, but it was not chosen. */
  | { name: "missing" }
  /** The page was reloaded during the upload: the browser no longer has the file. */
  | { name: "interrupted" };

export interface Item {
  readonly key: number;
  readonly chosen: Wanted;
  /** The same for every attempt: an upload whose answer was lost does not become two tasks. */
  readonly idempotencyKey: string;
  readonly phase: Phase;
  /** It was in the list before the page was loaded. */
  readonly isRestored: boolean;
  /** No other file was chosen with it. */
  readonly isAlone: boolean;
}

const MAX_SENDING = 3;
const SPEED_WINDOW_MS = 4000;
const MOST_LOSSES = 5; // of one file, although the service could be reached each time: something else is wrong
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 10_000;

/** The files of this page, the last choice first. It is not part of React, so that uploads continue whatever page is shown. */
export class UploadQueue {
  private items: readonly Item[] = [];
  private readonly running = new Map<number, Upload>();
  private readonly losses = new Map<number, number>();
  private isHeld = false;
  private pauseMs = FIRST_PAUSE_MS;
  private readonly listeners = new Set<() => void>();
  private nextKey = 1;
  private readonly onUploaded: (task: Task) => void;

  constructor(onUploaded: (task: Task) => void) {
    this.onUploaded = onUploaded;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): readonly Item[] => this.items;

  /** Upload these files; those without a `file` are missing. A file replaces a missing or interrupted one of the same name. */
  readonly add = (files: readonly Wanted[]): void => {
    const names = new Set(files.map(({ name }) => name));
    const others = this.items.filter((item) => !isAwaited(item) || !names.has(item.chosen.name));
    this.items = [...files.map((chosen) => this.itemOf(chosen, phaseOf(chosen), { isAlone: files.length === 1 })), ...others];
    this.changed();
  };

  /** Restore what was listed before the page was loaded. */
  readonly restore = (files: readonly { chosen: Wanted; phase: Phase }[]): void => {
    this.items = [...this.items, ...files.map(({ chosen, phase }) => this.itemOf(chosen, phase, { isRestored: true }))];
    this.changed();
  };

  /** The missing or interrupted file that this one completes: by its whole name, or by the last part if that is unique. */
  readonly awaitedBy = (name: string): Wanted | null => {
    const awaited = this.items.filter(isAwaited).map(({ chosen }) => chosen);
    const exact = awaited.find((chosen) => chosen.name === name);
    if (exact !== undefined || name.includes("/")) return exact ?? null;
    const [only, ...others] = awaited.filter((chosen) => chosen.name.endsWith(`/${name}`));
    return others.length === 0 ? (only ?? null) : null;
  };

  readonly stop = (...keys: number[]): void => {
    this.setPhase(keys, { name: "stopped" });
    for (const key of keys) this.running.get(key)?.stop();
  };

  readonly retry = (...keys: number[]): void => {
    for (const key of keys) this.losses.delete(key);
    this.setPhase(keys, { name: "waiting", why: null });
  };

  /** Stop all uploads; this queue is no longer used. */
  readonly close = (): void => {
    this.stop(...this.keysOf("waiting", "sending"));
  };

  readonly remove = (...keys: number[]): void => {
    const removed = new Set(keys);
    this.items = this.items.filter(({ key }) => !removed.has(key));
    this.changed();
  };

  private itemOf(chosen: Wanted, phase: Phase, how: Partial<Item>): Item {
    return { key: this.nextKey++, chosen, idempotencyKey: newKey(), phase, isRestored: false, isAlone: false, ...how };
  }

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
    // The oldest first, and each key once: an upload that was stopped a moment ago may not have ended yet.
    for (const item of this.items.toSorted((one, other) => one.key - other.key)) {
      if (this.running.size >= MAX_SENDING) return;
      if (item.phase.name === "waiting" && !this.running.has(item.key)) this.start(item);
    }
  }

  private start({ key, chosen: { file, name, params }, idempotencyKey }: Item): void {
    if (file === null) return;
    const speedometer = new Speedometer(SPEED_WINDOW_MS);
    const sent = (bytes: number): void => {
      if (this.running.has(key)) this.setPhase([key], { name: "sending", sent: bytes, speed: speedometer.measure(bytes, performance.now()) });
    };
    const upload = startUpload({ file, name, params }, idempotencyKey, sent);
    this.running.set(key, upload);
    this.items = this.items.map((item) => (item.key === key ? { ...item, phase: { name: "sending", sent: 0, speed: null } } : item));
    void this.finish(key, upload);
  }

  private async finish(key: number, upload: Upload): Promise<void> {
    let phase: Phase | null = null;
    try {
      const task = await upload.done;
      this.onUploaded(task);
      this.pauseMs = FIRST_PAUSE_MS;
      phase = { name: "uploaded", taskId: task.id };
    } catch (error) {
      // null: stopped by the user, which is shown already
      if (error instanceof UploadFailed) phase = this.after(key, error);
    }
    this.running.delete(key);
    if (phase === null) this.changed();
    else this.setPhase([key], phase);
  }

  private after(key: number, { why, message }: UploadFailed): Phase {
    const losses = (this.losses.get(key) ?? 0) + (why === "lost" ? 1 : 0);
    this.losses.set(key, losses);
    if (why === "signed-out") this.setPhase(this.keysOf("waiting"), { name: "failed", message }); // each would get the same answer
    if (why === "signed-out" || why === "no" || losses > MOST_LOSSES) return { name: "failed", message };
    void this.hold();
    return { name: "waiting", why: message };
  }

  /** Start no upload until the service can be reached again. */
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

/** Not chosen yet. */
export const isAwaited = ({ phase }: Item): boolean => phase.name === "missing" || phase.name === "interrupted";

const phaseOf = ({ file }: Wanted): Phase => (file === null ? { name: "missing" } : { name: "waiting", why: null });

/** As random as a UUID; a page that was loaded from another host without TLS has no `crypto.randomUUID`. */
const newKey = (): string => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
