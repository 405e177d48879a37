import type { Task } from "../api/types";
import { formatBytes, formatTime } from "../shared/format";

/** When what happened, in local time; the title has it in UTC. */
export function Times({ task }: { task: Task }) {
  return (
    <>
      {task.size >= 1000 && <span>{formatBytes(task.size)}</span>}
      <Moment words="handed over" at={task.created_at} />
      {task.finished_at !== null && <Moment words="ended" at={task.finished_at} />}
      {task.attempt > 1 && <span>attempt {task.attempt}</span>}
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
