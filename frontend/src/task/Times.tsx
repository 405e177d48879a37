import type { Task } from "../api/types";
import { taskPath } from "../lookup/taskId";
import { formatBytes, formatTime } from "../shared/format";
import { Link } from "../shared/Link";
import { usePath } from "../shared/navigation";

/** When what happened, in local time; the title has it in UTC. */
export function Times({ task }: { task: Task }) {
  const path = usePath();
  return (
    <>
      {task.size >= 1000 && <span>{formatBytes(task.size)}</span>}
      <Moment words="handed over" at={task.created_at} />
      {task.finished_at !== null && <Moment words="ended" at={task.finished_at} />}
      {task.attempt > 1 && <span>attempt {task.attempt}</span>}
      {path !== taskPath(task.id) && <Link to={taskPath(task.id)}>details</Link>}
    </>
  );
}

function Moment({ words, at }: { words: string; at: string }) {
  return (
    <span>
      {words}{" "}
      <time dateTime={at} title={at}>
        {formatTime(at)}
      </time>
    </span>
  );
}
