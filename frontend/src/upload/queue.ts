import { startUpload, UploadFailed, type Upload } from "../api/upload";
import type { Task } from "../api/types";
import { Speedometer } from "./speed";

export type Phase =
  | { name: "waiting" }
  | { name: "sending"; sent: number; speed: number | null }
  | { name: "stopped" }
  | { name: "failed"; message: string }
  | { name: "handed-over"; taskId: string };

export interface Item {
  readonly key: number;
  readonly file: File;
  readonly expectedMd5: string | null;
  readonly phase: Phase;
}

const MAX_SENDING = 3;

/** The files chosen on this page, the last choice first. Lives outside of React: an upload goes on whatever is drawn. */
export class UploadQueue {
  private items: readonly Item[] = [];
  private readonly running = new Map<number, Upload>();
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

  readonly add = (files: readonly File[], expectedMd5: string | null): void => {
    const added = files.map((file): Item => ({ key: this.nextKey++, file, expectedMd5, phase: { name: "waiting" } }));
    this.items = [...added, ...this.items];
    this.changed();
  };

  readonly stop = (key: number): void => {
    this.setPhase(key, { name: "stopped" });
    this.running.get(key)?.stop();
  };

  readonly tryAgain = (key: number): void => {
    this.setPhase(key, { name: "waiting" });
  };

  readonly remove = (key: number): void => {
    this.items = this.items.filter((item) => item.key !== key);
    this.changed();
  };

  private setPhase(key: number, phase: Phase): void {
    this.items = this.items.map((item) => (item.key === key ? { ...item, phase } : item));
    this.changed();
  }

  private changed(): void {
    this.startNext();
    for (const listener of this.listeners) listener();
  }

  private startNext(): void {
    // The oldest first, and each key once: one that was stopped a moment ago may still be ending.
    for (const item of this.items.toSorted((one, other) => one.key - other.key)) {
      if (this.running.size >= MAX_SENDING) return;
      if (item.phase.name === "waiting" && !this.running.has(item.key)) this.start(item);
    }
  }

  private start({ key, file, expectedMd5 }: Item): void {
    const speedometer = new Speedometer();
    const sent = (bytes: number): void => {
      if (this.running.has(key)) this.setPhase(key, { name: "sending", sent: bytes, speed: speedometer.measure(bytes, performance.now()) });
    };
    const upload = startUpload(file, expectedMd5, sent);
    this.running.set(key, upload);
    this.items = this.items.map((item) => (item.key === key ? { ...item, phase: { name: "sending", sent: 0, speed: null } } : item));
    void this.finish(key, upload);
  }

  private async finish(key: number, upload: Upload): Promise<void> {
    let phase: Phase | null = null;
    try {
      const task = await upload.done;
      this.onHandedOver(task);
      phase = { name: "handed-over", taskId: task.id };
    } catch (error) {
      // null: stopped by the user, and shown so already
      if (error instanceof UploadFailed) phase = { name: "failed", message: error.message };
    }
    this.running.delete(key);
    if (phase === null) this.changed();
    else this.setPhase(key, phase);
  }
}
