import type { Task } from "../api/types";
import { viewOf } from "../kinds/views";
import { taskPath } from "../lookup/taskId";
import { formatBytes } from "../shared/format";
import { Link } from "../shared/Link";
import { usePath } from "../shared/navigation";
import { elapsed, shortTime } from "./moments";

/** What kind of task it is, and when it was uploaded and finished; its page has the exact times. */
export function Times({ task }: { task: Task }) {
  const path = usePath();
  return (
    <>
      <span data-testid="kind">{viewOf(task.kind).name}</span>
      {task.size >= 1000 && <span>{formatBytes(task.size)}</span>}
      <span data-testid="times">
        Uploaded{" "}
        <time dateTime={task.created_at} title={task.created_at}>
          {shortTime(task.created_at)}
        </time>
        {task.finished_at !== null && (
          <>
            , finished after <time title={task.finished_at}>{elapsed(task.created_at, task.finished_at)}</time>
          </>
        )}
      </span>
      {task.attempt > 1 && <span>attempt {task.attempt}</span>}
      {path !== taskPath(task.id) && <Link to={taskPath(task.id)}>details</Link>}
    </>
  );
}
