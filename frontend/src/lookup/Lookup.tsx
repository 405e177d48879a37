import { useEffect, useId, useRef, useState, type SyntheticEvent } from "react";
import { fetchTasks } from "../api/tasks";
import { navigate } from "../shared/navigation";
import { tasksPath } from "../tasks/filters";
import { idFrom, isId, taskPath } from "./taskId";

/** Finds a task by its id or a link. Finds tasks by a part of the file name: goes to the task if there is only one, otherwise to the list. */
export function Lookup() {
  const [text, setText] = useState("");
  const [isBusy, setBusy] = useState(false);
  const asking = useRef<AbortController>(null);
  const fieldId = useId();

  useEffect(() => () => asking.current?.abort(), []);

  async function lookUp(event: SyntheticEvent) {
    event.preventDefault();
    const wanted = idFrom(text);
    if (wanted === "" || isBusy) return;
    if (isId(wanted)) {
      navigate(taskPath(wanted));
      return;
    }
    const { signal } = (asking.current = new AbortController());
    setBusy(true);
    const path = await pathByName(wanted, signal);
    if (signal.aborted) return; // the user has left this page in the meantime
    setBusy(false);
    navigate(path);
  }

  return (
    <section className="lookup" aria-labelledby={`${fieldId}-title`}>
      <h2 id={`${fieldId}-title`}>Find a file</h2>
      <form onSubmit={(event) => void lookUp(event)}>
        <label htmlFor={fieldId}>Id, link, or part of a file name</label>
        <div className="with-button">
          <input
            id={fieldId}
            type="text"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
            }}
          />
          <button type="submit" aria-disabled={isBusy}>
            Look up
          </button>
        </div>
      </form>
    </section>
  );
}

async function pathByName(part: string, signal: AbortSignal): Promise<string> {
  const filters = { filename__contains: part };
  try {
    const { items } = await fetchTasks({ ...filters, limit: 2 }, signal);
    const [only, another] = items;
    return only !== undefined && another === undefined ? taskPath(only.id) : tasksPath(filters);
  } catch {
    return tasksPath(filters); // which shows what is wrong
  }
}
