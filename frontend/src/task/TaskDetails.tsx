import { detailOf } from "../api/errors";
import type { Task } from "../api/types";
import { ContactsResult } from "../kinds/contacts/Result";
import { formatDuration } from "../shared/format";
import { Icon } from "../shared/Icon";
import { CodeRow } from "./CodeRow";
import { expectedOf, md5ResultOf } from "../kinds/md5/result";
import { Verdict } from "../kinds/md5/Verdict";
import { useSecondsLeft } from "./useTask";
import { statusWords, workOf } from "./words";

/** What is known of a task, in the order in which it becomes known. */
export function TaskDetails({ task }: { task: Task }) {
  const { words, percent, progress, icon } = statusWords(task);
  const secondsLeft = useSecondsLeft(task);
  const result = md5ResultOf(task);
  const expected = expectedOf(task);
  return (
    <>
      <p className={`status status-${task.outcome ?? "open"}`} data-testid="status">
        <Icon name={icon} />
        <span>
          {words}
          {progress !== null && <span className="digits">, {progress}</span>}
          {secondsLeft !== null && <span className="digits">, about {formatDuration(secondsLeft)} left</span>}
        </span>
      </p>
      {percent !== null && <progress aria-label={`${workOf(task).naming} of ${task.filename}`} value={percent} max={100} />}
      {task.error !== null && <p className="failure">{detailOf(task.error)}</p>}
      <dl className="codes">
        <CodeRow name="Id" of="id" value={task.id} testId="id" />
        {result !== null && <CodeRow name="MD5" of="MD5" value={result.md5} testId="md5" />}
        {result === null && expected !== null && <CodeRow name="Expected" value={expected} testId="expected" />}
      </dl>
      {result?.verdict && <Verdict {...result.verdict} />}
      {task.kind === "contacts" && <ContactsResult task={task} />}
    </>
  );
}
