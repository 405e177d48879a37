import { detailOf } from "../api/errors";
import type { Task } from "../api/types";
import { viewOf } from "../kinds/views";
import { formatDuration, shownName } from "../shared/format";
import { Icon } from "../shared/Icon";
import { CodeRow } from "./CodeRow";
import { useSecondsLeft } from "./useTask";
import { statusWords } from "./words";

/** What is known about a task, in the order in which it becomes known. */
export function TaskDetails({ task }: { task: Task }) {
  const { words, percent, progress, icon, tone } = statusWords(task);
  const secondsLeft = useSecondsLeft(task);
  const view = viewOf(task.kind);
  return (
    <>
      <p className={`status status-${tone}`} data-testid="status">
        <Icon name={icon} />
        <span>
          {words}
          {progress !== null && <span className="digits">, {progress}</span>}
          {secondsLeft !== null && <span className="digits">, about {formatDuration(secondsLeft)} left</span>}
        </span>
      </p>
      {percent !== null && <progress aria-label={`${view.words(task).naming} of ${shownName(task.filename)}`} value={percent} max={100} />}
      {task.error !== null && <p className="failure">{detailOf(task.error)}</p>}
      <dl className="codes">
        <CodeRow name="Id" of="id" value={task.id} testId="id" />
        {view.codes(task).map((code) => (
          <CodeRow key={code.testId} {...code} />
        ))}
      </dl>
      <view.Result task={task} />
    </>
  );
}
