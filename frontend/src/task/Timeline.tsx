import type { Task } from "../api/types";
import { viewOf } from "../kinds/views";
import { capitalized, formatDuration } from "../shared/format";
import { exactTime } from "./moments";
import { useSecondsLeft } from "./useTask";
import { doneOf, statusWords } from "./words";

type Event = Task["history"][number];

/** What happened to a task, oldest first, with the reason for each step that is not the usual next one. */
export function Timeline({ task }: { task: Task }) {
  const { percent } = statusWords(task);
  const { words, deletion } = viewOf(task.kind);
  const { been, close } = words(task);
  const secondsLeft = useSecondsLeft(task);
  return (
    <ol className="timeline" data-testid="timeline">
      {task.history.map((event, index) => (
        <li key={index}>
          <time dateTime={event.at} title={event.at}>
            {exactTime(event.at)}
          </time>
          <span>
            {wordsOf(event, task.history.slice(0, index), close)}
            {event.reason !== null && event.status === "queued" && <span className="muted">: {event.reason}</span>}
          </span>
        </li>
      ))}
      {task.results_deleted_at !== null && (
        <li>
          <time dateTime={task.results_deleted_at} title={task.results_deleted_at}>
            {exactTime(task.results_deleted_at)}
          </time>
          <span>{deletion(task).gone} on request</span>
        </li>
      )}
      {percent !== null && (
        <li>
          <span className="now">now</span>
          <span className="digits">
            {doneOf(task)} {been}, {percent} %
            {secondsLeft !== null && `, about ${formatDuration(secondsLeft)} left`}
          </span>
        </li>
      )}
    </ol>
  );
}

function wordsOf({ status, reason }: Event, before: readonly Event[], close: string): string {
  // The work that remains when all parts have finished has attempts of its own.
  const cut = before.findLastIndex((earlier) => earlier.status === "waiting");
  const attempt = 1 + before.slice(cut + 1).filter((earlier) => earlier.status === "running").length;
  switch (status) {
    case "queued":
      return before.length === 0 ? "Uploaded and queued" : "Queued again";
    case "running":
      return `A worker started${cut < 0 ? "" : ` to ${close}`}${attempt > 1 ? `, attempt ${attempt}` : ""}`;
    case "waiting":
      return reason === null ? "Cut into parts" : capitalized(reason);
    case "computed":
      if (reason === "cancelled") return "Cancelled";
      return reason === "failed" ? "Failed" : "The result was stored";
    case "done":
    case "failed":
    case "cancelled":
      return "The log line was written";
    default:
      return status;
  }
}
