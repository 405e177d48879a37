import type { OwnedStore } from "../shared/owned";
import type { Wanted } from "./chosen";
import type { Item, Phase, UploadQueue } from "./queue";

const MOST_SAVED = 2000; // files
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
    const saved = store.read();
    if (Array.isArray(saved)) queue.restore((saved as Saved[]).map(asItem));
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = "";
  const save = () => {
    clearTimeout(timer);
    timer = undefined;
    const saved = queue.snapshot().flatMap(asSaved).slice(0, MOST_SAVED);
    const now = JSON.stringify(saved);
    if (now !== last) store.write(saved.length === 0 ? null : saved);
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

function asSaved({ chosen: { name, size, params, remark }, phase }: Item): Saved[] {
  if (phase.name === "stopped") return [];
  const taskId = phase.name === "uploaded" ? phase.taskId : null;
  return [{ name, size, params, remark, taskId, ...(phase.name === "missing" && { isMissing: true }) }];
}

function asItem({ taskId, isMissing, ...chosen }: Saved): { chosen: Wanted; phase: Phase } {
  const phase: Phase = taskId !== null ? { name: "uploaded", taskId } : { name: isMissing ? "missing" : "interrupted" };
  return { chosen: { ...chosen, file: null }, phase };
}
