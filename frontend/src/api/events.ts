import type { Task } from "./types";

export interface TaskListener {
  onChange: (task: Task) => void;
  /** The stream broke off, or does not include this task: it must be polled from now on. */
  onLost: () => void;
}

const OPEN_SOON_MS = 200; // many tasks may start at about the same time: one stream for all of them
const OPEN_MANY_MS = 1000; // a new stream sends the states of all again
const MANY = 50;
const LOST_MS = 2000; // the browser opens a stream that ended again after one second
const SHORTEST_BACK_OFF_MS = 2000;
const LONGEST_BACK_OFF_MS = 30_000;
const MOST_TASKS = 500; // the service's limit for one stream

/**
 * The changes of all tasks that this page shows, in one stream: a browser opens six connections to a host, and uploads need three
 * of them. A stream cannot be extended: when tasks are added, a new one replaces it.
 */
export class TaskEvents {
  private readonly listeners = new Map<string, Set<TaskListener>>();
  private source: EventSource | null = null;
  private covered: ReadonlySet<string> = new Set();
  private isOpen = false;
  private opening: ReturnType<typeof setTimeout> | undefined;
  private losing: ReturnType<typeof setTimeout> | undefined;
  private backOffMs = SHORTEST_BACK_OFF_MS;

  constructor() {
    // A browser has six connections for all its tabs: hidden ones keep none.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.close();
      else if (this.listeners.size > 0) this.openIn(0);
    });
  }

  /** Call the listener for every change of this task, until the returned function is called. */
  watch(id: string, listener: TaskListener): () => void {
    const those = this.listeners.get(id) ?? new Set();
    this.listeners.set(id, those.add(listener));
    if (!this.covered.has(id)) this.openIn(this.listeners.size > MANY ? OPEN_MANY_MS : OPEN_SOON_MS);
    return () => {
      those.delete(listener);
      if (those.size === 0) this.listeners.delete(id);
      if (this.listeners.size === 0) this.close();
    };
  }

  /** Whether changes of this task are pushed. */
  isLive(id: string): boolean {
    return this.isOpen && this.covered.has(id);
  }

  /** How many watched tasks have changes that are not pushed. */
  get uncovered(): number {
    return this.isOpen ? Math.max(0, this.listeners.size - this.covered.size) : this.listeners.size;
  }

  private openIn(delayMs: number): void {
    if (typeof EventSource === "undefined" || document.hidden) return; // then each task is polled
    this.opening ??= setTimeout(() => {
      this.opening = undefined;
      if (this.listeners.size > 0) this.open();
    }, delayMs);
  }

  private open(): void {
    this.source?.close();
    const ids = [...this.listeners.keys()].slice(0, MOST_TASKS);
    const source = new EventSource(`/v1/tasks/events?${ids.map((id) => `id=${id}`).join("&")}`);
    this.source = source;
    this.covered = new Set(ids);
    source.onopen = () => {
      if (source !== this.source) return;
      this.isOpen = true;
      this.backOffMs = SHORTEST_BACK_OFF_MS;
      this.stopLosing();
    };
    source.onmessage = ({ data }: MessageEvent<string>) => {
      const task = JSON.parse(data) as Task;
      for (const listener of this.listeners.get(task.id) ?? []) listener.onChange(task);
    };
    source.onerror = () => {
      if (source === this.source) this.broke(source);
    };
  }

  private broke(source: EventSource): void {
    this.losing ??= setTimeout(() => {
      this.losing = undefined;
      this.isOpen = false;
      for (const id of this.covered) for (const listener of this.listeners.get(id) ?? []) listener.onLost();
    }, LOST_MS);
    if (source.readyState === EventSource.CLOSED) {
      // Refused, or all tasks have finished: the browser does not retry, so this does while anything is watched.
      this.openIn(this.backOffMs);
      this.backOffMs = Math.min(2 * this.backOffMs, LONGEST_BACK_OFF_MS);
    }
  }

  private stopLosing(): void {
    clearTimeout(this.losing);
    this.losing = undefined;
  }

  private close(): void {
    clearTimeout(this.opening);
    this.opening = undefined;
    this.stopLosing();
    this.source?.close();
    this.source = null;
    this.covered = new Set();
    this.isOpen = false;
  }
}

export const taskEvents = new TaskEvents();
