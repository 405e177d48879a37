import type { Task } from "../api/types";
import { viewOf } from "../kinds/views";
import { formatDuration } from "../shared/format";
import { CodeRow } from "./CodeRow";
import { TaskStatus } from "./TaskStatus";
import { useSecondsLeft } from "./useTask";

/** What is known about a task, in the order in which it becomes known. */
export function TaskDetails({ task }: { task: Task }) {
  const secondsLeft = useSecondsLeft(task);
  const view = viewOf(task.kind);
  return (
    <>
      <TaskStatus task={task}>{secondsLeft !== null && <span className="digits">, about {formatDuration(secondsLeft)} left</span>}</TaskStatus>
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
