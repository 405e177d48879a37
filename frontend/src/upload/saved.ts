import { isId } from "../lookup/taskId";
import type { OwnedStore } from "../shared/owned";
import type { Wanted } from "./chosen";
import type { Item, Phase, UploadQueue } from "./queue";

export const MOST_SAVED = 2000; // files
const VERSION = 1; // of the stored list; another version is not read
const SAVE_MS = 250;

interface Saved extends Omit<Wanted, "file"> {
  /** Null: it was not uploaded. */
  taskId: string | null;
  isMissing?: boolean;
}

const restored = new WeakSet<UploadQueue>();

/** Restore the stored list, and store its changes until the returned function is called. */
export function keepList(queue: UploadQueue, store: OwnedStore): () => void {
  if (!restored.has(queue)) {
    restored.add(queue);
    const saved = savedIn(store.read());
    if (saved.length > 0) queue.restore(saved.map(asItem));
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = "";
  const save = () => {
    clearTimeout(timer);
    timer = undefined;
    const files = queue.snapshot().filter(isKept).slice(0, MOST_SAVED).map(asSaved);
    const now = JSON.stringify(files);
    if (now !== last) store.write(files.length === 0 ? null : { version: VERSION, files });
    last = now;
  };
  const unsubscribe = queue.subscribe(() => {
    timer ??= setTimeout(save, SAVE_MS);
  });
  window.addEventListener("pagehide", save);
  return () => {
    unsubscribe();
    clearTimeout(timer);
    window.removeEventListener("pagehide", save);
  };
}

/** How many files of this list are not stored, because there are too many. */
export const unsavedIn = (items: readonly Item[]): number => Math.max(0, items.filter(isKept).length - MOST_SAVED);

/** The files of a stored list. What another version of the page has stored, or somebody else, may have any shape: what does not fit is dropped. */
function savedIn(stored: unknown): Saved[] {
  if (!isObject(stored) || stored.version !== VERSION || !Array.isArray(stored.files)) return [];
  return (stored.files as unknown[]).filter(isSaved);
}

function isSaved(entry: unknown): entry is Saved {
  if (!isObject(entry)) return false;
  const { name, size, params, remark, taskId, isMissing } = entry;
  return (
    typeof name === "string" &&
    typeof size === "number" &&
    size >= 0 &&
    areParams(params) &&
    (remark === null || typeof remark === "string") &&
    (taskId === null || (typeof taskId === "string" && isId(taskId))) &&
    (isMissing === undefined || typeof isMissing === "boolean")
  );
}

const areParams = (params: unknown): boolean =>
  isObject(params) && typeof params.kind === "string" && Object.values(params).every((value) => ["string", "number", "boolean"].includes(typeof value));

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

const isKept = ({ phase }: Item): boolean => phase.name !== "stopped";

function asSaved({ chosen: { name, size, params, remark }, phase }: Item): Saved {
  const taskId = phase.name === "uploaded" ? phase.taskId : null;
  return { name, size, params, remark, taskId, ...(phase.name === "missing" && { isMissing: true }) };
}

function asItem({ taskId, isMissing, ...chosen }: Saved): { chosen: Wanted; phase: Phase } {
  const phase: Phase = taskId !== null ? { name: "uploaded", taskId } : { name: isMissing ? "missing" : "interrupted" };
  return { chosen: { ...chosen, file: null }, phase };
}
