import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TaskEvents } from "../api/events";
import { taskWith } from "./server";

/** The browser's, as far as it is told here what happens. */
class Stream {
  static readonly CLOSED = 2;
  static opened: Stream[] = [];
  readyState = 1;
  onopen: (() => void) | undefined;
  onmessage: ((event: { data: string }) => void) | undefined;
  onerror: (() => void) | undefined;
  readonly ids: string[];

  constructor(url: string) {
    this.ids = new URL(url, "http://localhost").searchParams.getAll("id");
    Stream.opened.push(this);
  }

  static get last(): Stream {
    const stream = Stream.opened.at(-1);
    if (stream === undefined) throw new Error("no stream was opened");
    return stream;
  }

  tell(id: string, status: "running" | "done") {
    this.onmessage?.({ data: JSON.stringify(taskWith({ id, status })) });
  }

  /** `isFinal`: the browser will not open it again by itself. */
  break(isFinal: boolean) {
    if (isFinal) this.readyState = Stream.CLOSED;
    this.onerror?.();
  }

  close() {
    this.readyState = Stream.CLOSED;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", Stream);
  Stream.opened = [];
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function listener() {
  const seen: string[] = [];
  return {
    seen,
    onChange: ({ status }: { status: string }) => {
      seen.push(status);
    },
    onLost: () => {
      seen.push("lost");
    },
  };
}

test("many tasks are followed in one stream, and each listener hears of its own", () => {
  const events = new TaskEvents();
  const [one, other] = [listener(), listener()];
  events.watch("1", one);
  events.watch("2", other);
  vi.advanceTimersByTime(1000);
  expect(Stream.opened.map(({ ids }) => ids)).toEqual([["1", "2"]]);
  expect(events.isLive("1")).toBe(false);
  Stream.last.onopen?.();
  expect([events.isLive("1"), events.isLive("3")]).toEqual([true, false]);
  Stream.last.tell("1", "running");
  Stream.last.tell("2", "done");
  expect([one.seen, other.seen]).toEqual([["running"], ["done"]]);
});

test("a task that is added later gets a stream with all, and the one before is closed", () => {
  const events = new TaskEvents();
  events.watch("1", listener());
  vi.advanceTimersByTime(1000);
  const first = Stream.last;
  events.watch("2", listener());
  vi.advanceTimersByTime(1000);
  expect(Stream.last.ids).toEqual(["1", "2"]);
  expect(first.readyState).toBe(Stream.CLOSED);
  first.onerror?.(); // of no more concern
  vi.advanceTimersByTime(60_000);
  expect(Stream.opened).toHaveLength(2);
});

test("nobody looking, nothing is open", () => {
  const events = new TaskEvents();
  const stop = events.watch("1", listener());
  vi.advanceTimersByTime(1000);
  stop();
  expect(Stream.last.readyState).toBe(Stream.CLOSED);
  expect(events.isLive("1")).toBe(false);
});

test("a short break is nobody's business; a longer one is told, so that somebody asks", () => {
  const events = new TaskEvents();
  const one = listener();
  events.watch("1", one);
  vi.advanceTimersByTime(1000);
  Stream.last.onopen?.();
  Stream.last.break(false);
  vi.advanceTimersByTime(1500);
  Stream.last.onopen?.();
  vi.advanceTimersByTime(60_000);
  expect(one.seen).toEqual([]);

  Stream.last.break(false);
  vi.advanceTimersByTime(2500);
  expect(one.seen).toEqual(["lost"]);
  expect(events.isLive("1")).toBe(false);
});

test("a stream that was refused is asked for again, less and less often", () => {
  const events = new TaskEvents();
  events.watch("1", listener());
  vi.advanceTimersByTime(1000);
  const opened: number[] = [];
  for (let second = 0; second < 120; second += 1) {
    if (Stream.last.readyState !== Stream.CLOSED) Stream.last.break(true);
    vi.advanceTimersByTime(1000);
    opened.push(Stream.opened.length);
  }
  expect(opened[10]).toBeGreaterThanOrEqual(3);
  expect(opened.at(-1)).toBeLessThan(9);
});

test("one stream holds five hundred at most, as the service says", () => {
  const events = new TaskEvents();
  for (let index = 0; index < 600; index += 1) events.watch(String(index), listener());
  vi.advanceTimersByTime(1000);
  expect(events.uncovered).toBe(600);
  Stream.last.onopen?.();
  expect(events.uncovered).toBe(100); // who ask, so much less often
  expect(Stream.opened.map(({ ids }) => ids.length)).toEqual([500]);
});

test("a tab that nobody sees keeps no connection, and has one again when it is seen", () => {
  const hidden = vi.spyOn(document, "hidden", "get");
  const show = (isShown: boolean) => {
    hidden.mockReturnValue(!isShown);
    document.dispatchEvent(new Event("visibilitychange"));
  };
  const events = new TaskEvents();
  events.watch("1", listener());
  vi.advanceTimersByTime(1000);
  show(false);
  expect(Stream.last.readyState).toBe(Stream.CLOSED);
  events.watch("2", listener());
  vi.advanceTimersByTime(5000);
  expect(Stream.opened).toHaveLength(1);
  show(true);
  vi.advanceTimersByTime(100);
  expect(Stream.last.ids).toEqual(["1", "2"]);
});

test("a browser without streams is none that fails", () => {
  vi.stubGlobal("EventSource", undefined);
  const events = new TaskEvents();
  events.watch("1", listener())();
  vi.advanceTimersByTime(1000);
  expect(events.isLive("1")).toBe(false);
});
