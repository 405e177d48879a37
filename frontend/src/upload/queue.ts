import { isReachable } from "../api/tasks";
import { startUpload, UploadFailed, type Upload } from "../api/upload";
import type { Task } from "../api/types";
import { comparable } from "../shared/paths";
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

/** How many of the added files replaced a row. */
export interface Added {
  awaited: number;
  again: number;
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

  /**
   * Upload these files; those without a `file` are missing. Each replaces at most one row: a missing or interrupted one that
   * waits for just this file or, with `isAgain`, one that was uploaded with the same parameters. A missing file replaces none.
   */
  readonly add = (files: readonly Wanted[], { isAgain = false } = {}): Added => {
    const replaced = new Set<number>();
    const rows = byName(this.items);
    const rowFor = (wanted: Wanted, fits: (item: Item) => boolean): Item | undefined => {
      const names = new Set([wanted.name, wanted.listedAs ?? wanted.name].map(comparable));
      return [...names].flatMap((name) => rows.get(name) ?? []).find((item) => !replaced.has(item.key) && fits(item));
    };
    const counts = { awaited: 0, again: 0 };
    const added = files.filter((wanted) => {
      const awaiting = (batch: string | undefined) =>
        rowFor(wanted, ({ phase, chosen }) => isAwaited({ phase }) && hasSameParams(chosen, wanted) && chosen.params.batch === batch);
      const { batch } = wanted.params;
      if (wanted.file === null) return awaiting(batch) === undefined;
      const awaited = awaiting(batch) ?? awaiting(undefined); // files that were chosen one by one may have none
      const before = awaited ?? (isAgain ? rowFor(wanted, (item) => item.phase.name === "uploaded" && isRepeated(item.chosen, wanted)) : undefined);
      if (before === undefined) return true;
      replaced.add(before.key);
      counts[awaited === undefined ? "again" : "awaited"] += 1;
      return true;
    });
    const others = this.items.filter(({ key }) => !replaced.has(key));
    this.items = [...added.map((chosen) => this.itemOf(chosen, phaseOf(chosen), { isAlone: files.length === 1 })), ...others];
    this.changed();
    return counts;
  };

  /** Restore what was listed before the page was loaded. */
  readonly restore = (files: readonly { chosen: Wanted; phase: Phase }[]): void => {
    this.items = [...this.items, ...files.map(({ chosen, phase }) => this.itemOf(chosen, phase, { isRestored: true }))];
    this.changed();
  };

  /**
   * The missing or interrupted row that this file completes: by its whole name or, for a file without a folder, by the last
   * part of a name. `many`: different digests or parameters wait for such a name. `taken`: rows that are completed already.
   */
  readonly awaitedBy = (name: string, taken: ReadonlySet<number>): Item | "many" | null => {
    const path = comparable(name);
    const awaited = this.items.filter((item) => isAwaited(item) && !taken.has(item.key)).map((item) => ({ item, name: comparable(item.chosen.name) }));
    const exact = awaited.filter(({ item, name }) => name === path || `${item.chosen.params.batch ?? ""}/${name}` === path);
    const found = exact.length > 0 || path.includes("/") ? exact : awaited.filter(({ name }) => name.endsWith(`/${path}`));
    const [first, ...others] = found;
    if (first === undefined) return null;
    const isOne = others.every(({ item, name }) => name === first.name && hasSameParams(item.chosen, first.item.chosen));
    return isOne ? first.item : "many";
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
export const isAwaited = ({ phase }: Pick<Item, "phase">): boolean => phase.name === "missing" || phase.name === "interrupted";

function byName(items: readonly Item[]): ReadonlyMap<string, readonly Item[]> {
  const found = new Map<string, Item[]>();
  for (const item of items) {
    const name = comparable(item.chosen.name);
    const same = found.get(name);
    if (same === undefined) found.set(name, [item]);
    else same.push(item);
  }
  return found;
}

/** Files that are not in the list have no digest that tells them apart. */
const isRepeated = (row: Wanted, wanted: Wanted): boolean =>
  row.params.batch === wanted.params.batch && hasSameParams(row, wanted) && (wanted.remark === null || row.size === wanted.size);

/** Apart from the batch. */
function hasSameParams(one: Wanted, other: Wanted): boolean {
  const textOf = ({ params }: Wanted) => JSON.stringify(Object.entries(params).filter(([name]) => name !== "batch").toSorted());
  return textOf(one) === textOf(other);
}

const phaseOf = ({ file }: Wanted): Phase => (file === null ? { name: "missing" } : { name: "waiting", why: null });

/** As random as a UUID; a page that was loaded from another host without TLS has no `crypto.randomUUID`. */
const newKey = (): string => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
