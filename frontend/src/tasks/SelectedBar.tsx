import { useQueryClient } from "@tanstack/react-query";
import { useId, useRef, useState } from "react";
import { cancelTask, retryTask } from "../api/tasks";
import type { Task } from "../api/types";
import { count as counted } from "../shared/format";
import { remember } from "../task/known";
import { mayCancel, mayRetry } from "../task/state";
import { useKnownTasks } from "../task/useTask";
import { listKey } from "./useTaskList";

interface Props {
  ids: string[];
  onClear: () => void;
}

const ACTIONS = {
  cancel: {
    ask: cancelTask,
    applies: mayCancel,
    does: "Cancelling",
    did: (tasks: number) => `${counted(tasks, "task")} cancelled`,
    whyNot: () => "Only unfinished tasks can be cancelled.",
  },
  retry: {
    ask: retryTask,
    applies: mayRetry,
    does: "Retrying",
    did: (tasks: number) => `${counted(tasks, "task")} queued for a retry`,
    whyNot: (selected: readonly Task[]) =>
      selected.some((task) => mayRetry({ ...task, kept: true }))
        ? "These files are no longer stored: upload them again."
        : "Only failed or cancelled tasks can be retried.",
  },
} as const;

/** The actions for all selected tasks, and their outcome. */
export function SelectedBar({ ids, onClear }: Props) {
  const id = useId();
  const selected = useKnownTasks(ids);
  const queryClient = useQueryClient();
  const [said, setSaid] = useState<string | null>(null);
  const status = useRef<HTMLParagraphElement>(null);
  const [isBusy, setBusy] = useState(false);

  async function each(name: keyof typeof ACTIONS) {
    const { ask, applies, does, did } = ACTIONS[name];
    const tasks = selected.filter(applies);
    const refusals: string[] = [];
    setBusy(true);
    for (const [index, task] of tasks.entries()) {
      setSaid(`${does} ${index + 1} of ${tasks.length}`);
      try {
        remember(queryClient, await ask(task.id));
      } catch (error) {
        refusals.push(error instanceof Error && error.message !== "" ? error.message : "The service cannot be reached.");
      }
    }
    setBusy(false);
    status.current?.focus(); // the buttons are about to disappear
    setSaid([`${did(tasks.length - refusals.length)}.`, ...reasons(refusals)].join(" "));
    onClear();
    await queryClient.invalidateQueries({ queryKey: listKey });
  }

  const dead = selected.length === 0 ? [] : (["cancel", "retry"] as const).filter((name) => !selected.some(ACTIONS[name].applies));
  const button = (name: keyof typeof ACTIONS, words: string) => {
    const count = selected.filter(ACTIONS[name].applies).length;
    const isDead = dead.includes(name);
    return (
      <button
        type="button"
        aria-disabled={isBusy || isDead}
        aria-describedby={isDead ? `${id}-${name}` : undefined}
        title={isDead ? ACTIONS[name].whyNot(selected) : undefined}
        onClick={() => {
          if (!isBusy && !isDead) void each(name);
        }}
      >
        {words} {count > 0 && count}
      </button>
    );
  };

  return (
    <div className="selected">
      {selected.length > 0 && (
        <>
          <p>
            <strong className="digits">{selected.length}</strong> selected
          </p>
          {button("cancel", "Cancel")}
          {button("retry", "Retry")}
          <button type="button" className="quiet" onClick={onClear}>
            Clear selection
          </button>
          {dead.map((name) => (
            <p key={name} id={`${id}-${name}`} className="help">
              {ACTIONS[name].whyNot(selected)}
            </p>
          ))}
        </>
      )}
      <p role="status" data-testid="said" tabIndex={-1} ref={status}>
        {said}
      </p>
    </div>
  );
}

/** `2 could not be changed: Only …`, each reason once. */
function reasons(refusals: string[]): string[] {
  return [...new Set(refusals)].map((why) => `${refusals.filter((other) => other === why).length} not changed: ${why}`);
}
