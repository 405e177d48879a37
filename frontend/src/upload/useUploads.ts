import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { calmly } from "../shared/calmly";
import { ownedStore } from "../shared/owned";
import { remember } from "../task/known";
import { UploadQueue, type Item } from "./queue";
import { keepList } from "./saved";
import { MANY } from "./useListedTasks";

/** The queue of this page and its contents. `owner`: whose list it is; null until that is known. */
export function useUploads(owner: string | null): { queue: UploadQueue; items: readonly Item[]; isUploading: boolean } {
  const queryClient = useQueryClient();
  const [queue] = useState(
    () =>
      new UploadQueue((task) => {
        remember(queryClient, task); // the answer to the upload is the task, so it does not have to be fetched
      }),
  );
  useEffect(() => (owner === null ? undefined : keepList(queue, ownedStore(owner))), [queue, owner]); // ends before `close` changes the list
  useEffect(() => queue.close, [queue]);
  const subscribe = useCallback(
    (listener: () => void) => {
      const calm = calmly(listener, () => queue.snapshot().length > MANY);
      const unsubscribe = queue.subscribe(calm.call);
      return () => {
        unsubscribe();
        calm.cancel();
      };
    },
    [queue],
  );
  const items = useSyncExternalStore(subscribe, queue.snapshot);
  const isUploading = items.some(({ phase }) => phase.name === "waiting" || phase.name === "sending");
  useWarningOnLeaving(isUploading);
  return { queue, items, isUploading };
}

/** Leaving the page ends its uploads, so the browser asks first. */
function useWarningOnLeaving(isBusy: boolean): void {
  useEffect(() => {
    if (!isBusy) return;
    const warn = (event: BeforeUnloadEvent) => {
      event.preventDefault();
    };
    window.addEventListener("beforeunload", warn);
    return () => {
      window.removeEventListener("beforeunload", warn);
    };
  }, [isBusy]);
}
