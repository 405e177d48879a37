import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { cancelTask, retryTask } from "../api/tasks";
import { remember } from "../task/known";
import { mayCancel, mayRetry } from "../task/state";
import { useKnownTasks } from "../task/useTask";
import { listKey } from "./useTaskList";

interface Props {
  ids: string[];
  onClear: () => void;
}

const ACTIONS = {
  cancel: { ask: cancelTask, applies: mayCancel, does: "Cancelling", did: "cancelled" },
  retry: { ask: retryTask, applies: mayRetry, does: "Trying again", did: "queued to be tried again" },
} as const;

/** What can be done with all that are selected, and how that went. */
export function SelectedBar({ ids, onClear }: Props) {
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
    for (const [index, { id }] of tasks.entries()) {
      setSaid(`${does}: ${index + 1} of ${tasks.length}`);
      try {
        remember(queryClient, await ask(id));
      } catch (error) {
        refusals.push(error instanceof Error && error.message !== "" ? error.message : "The service cannot be reached.");
      }
    }
    setBusy(false);
    status.current?.focus(); // the buttons are about to go
    setSaid([`${tasks.length - refusals.length} ${did}.`, ...counted(refusals)].join(" "));
    onClear();
    await queryClient.invalidateQueries({ queryKey: listKey });
  }

  const button = (name: keyof typeof ACTIONS, words: string) => {
    const count = selected.filter(ACTIONS[name].applies).length;
    return (
      <button type="button" disabled={isBusy || count === 0} onClick={() => void each(name)}>
        {words} {count > 0 && count}
      </button>
    );
  };

  return (
    <div className="selected">
      {selected.length > 0 && (
        <>
          <p>
            <strong className="digits">{selected.length}</strong> selected; the list stands still meanwhile
          </p>
          <div className="actions">
            {button("cancel", "Cancel")}
            {button("retry", "Try again")}
            <button type="button" className="quiet" onClick={onClear}>
              Select none
            </button>
          </div>
        </>
      )}
      <p role="status" data-testid="said" tabIndex={-1} ref={status}>
        {said}
      </p>
    </div>
  );
}

/** `2 could not be: Only …`, each reason once. */
function counted(refusals: string[]): string[] {
  return [...new Set(refusals)].map((why) => `${refusals.filter((other) => other === why).length} could not be: ${why}`);
}
