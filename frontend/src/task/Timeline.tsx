import type { Task } from "../api/types";
import { formatTime } from "../shared/format";

type Event = Task["history"][number];

/** What happened to a task, oldest first, with the reasons of whatever was not the usual next step. */
export function Timeline({ task }: { task: Task }) {
  return (
    <ol className="timeline" data-testid="timeline">
      {task.history.map((event, index) => (
        <li key={index}>
          <time dateTime={event.at} title={event.at}>
            {formatTime(event.at)}
          </time>
          <span>
            {wordsOf(event, index === 0)}
            {event.reason !== null && event.status === "queued" && <span className="muted">: {event.reason}</span>}
          </span>
        </li>
      ))}
    </ol>
  );
}

function wordsOf({ status, reason }: Event, isFirst: boolean): string {
  switch (status) {
    case "queued":
      return isFirst ? "Received, stored and queued" : "Queued again";
    case "running":
      return "A worker began";
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
