import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Task } from "../api/types";
import { taskKey } from "./known";

const LONGEST_TIMER_MS = 2 ** 31 - 1;
const GRACE_MS = 1000; // the service deletes at the earliest then
const ASK_AGAIN_MS = 30_000; // it may delete later, and the clocks may differ

/** Fetch the task again when its stored file expires, so that an open page notices. */
export function useExpiry(task: Task | undefined): void {
  const queryClient = useQueryClient();
  const id = task?.id;
  const until = task?.kept === true ? task.kept_until : null;
  useEffect(() => {
    if (id === undefined || until === null) return;
    const at = Date.parse(until) + GRACE_MS;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wait = (ms: number) => {
      timer = setTimeout(
        () => {
          const left = at - Date.now();
          if (left <= 0) void queryClient.invalidateQueries({ queryKey: taskKey(id) });
          wait(left > 0 ? left : ASK_AGAIN_MS);
        },
        Math.min(Math.max(ms, 0), LONGEST_TIMER_MS),
      );
    };
    wait(at - Date.now());
    return () => {
      clearTimeout(timer);
    };
  }, [id, until, queryClient]);
}
