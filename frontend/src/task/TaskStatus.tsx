import type { ReactNode } from "react";
import { detailOf } from "../api/errors";
import type { Task } from "../api/types";
import { viewOf } from "../kinds/views";
import { shownName } from "../shared/format";
import { Icon } from "../shared/Icon";
import { statusWords } from "./words";

/** The status of a task in words, followed by what else is known about it; how far it is; and why it failed. */
export function TaskStatus({ task, children }: { task: Task; children?: ReactNode }) {
  const { words, percent, progress, icon, tone } = statusWords(task);
  return (
    <>
      <p className={`status status-${tone}`} data-testid="status">
        <Icon name={icon} />
        <span>
          {words}
          {progress !== null && <span className="digits">, {progress}</span>}
          {children}
        </span>
      </p>
      {percent !== null && <progress aria-label={`${viewOf(task.kind).words(task).naming} of ${shownName(task.filename)}`} value={percent} max={100} />}
      {task.error !== null && <p className="failure">{detailOf(task.error)}</p>}
    </>
  );
}
