import type { Task } from "../api/types";
import { formatDuration, formatSize, formatTime } from "../shared/format";
import { useSecondsLeft } from "./useTask";
import { statusWords } from "./words";

type Event = Task["history"][number];

/** What happened to a task, oldest first, with the reasons of whatever was not the usual next step. */
export function Timeline({ task }: { task: Task }) {
  const { percent } = statusWords(task);
  const secondsLeft = useSecondsLeft(task);
  return (
    <ol className="timeline" data-testid="timeline">
      {task.history.map((event, index) => (
        <li key={index}>
          <time dateTime={event.at} title={event.at}>
            {formatTime(event.at)}
          </time>
          <span>
            {wordsOf(event, index === 0, attemptAt(task.history, index))}
            {event.reason !== null && event.status === "queued" && <span className="muted">: {event.reason}</span>}
          </span>
        </li>
      ))}
      {task.results_deleted_at !== null && (
        <li>
          <time dateTime={task.results_deleted_at} title={task.results_deleted_at}>
            {formatTime(task.results_deleted_at)}
          </time>
          <span>Its bytes were deleted, as was asked for</span>
        </li>
      )}
      {percent !== null && (
        <li>
          <span className="now">now</span>
          <span className="digits">
            {formatSize(task.progress.done)} of {formatSize(task.progress.total)} hashed, {percent} %
            {secondsLeft !== null && `, about ${formatDuration(secondsLeft)} left`}
          </span>
        </li>
      )}
    </ol>
  );
}

/** Which of the attempts it is that begins here. */
const attemptAt = (history: readonly Event[], index: number): number => history.slice(0, index + 1).filter(({ status }) => status === "running").length;

function wordsOf({ status, reason }: Event, isFirst: boolean, attempt: number): string {
  switch (status) {
    case "queued":
      return isFirst ? "Received, stored and queued" : "Queued again";
    case "running":
      return attempt > 1 ? `A worker began, attempt ${attempt}` : "A worker began";
    case "computed":
      if (reason === "cancelled") return "Cancelled";
      return reason === "failed" ? "It failed" : "The result was stored";
    case "done":
    case "failed":
    case "cancelled":
      return "Its line was written to the log";
    default:
      return status;
  }
}
