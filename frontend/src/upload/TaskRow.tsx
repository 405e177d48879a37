import { detailOf } from "../api/errors";
import type { Task } from "../api/types";
import { viewOf } from "../kinds/views";
import { CopyButton } from "../shared/CopyButton";
import { formatDuration, formatTime, shownName } from "../shared/format";
import { useAnnounced } from "../shared/useAnnounced";
import { CancelButton } from "../task/CancelButton";
import { CodeRow } from "../task/CodeRow";
import { ServiceAwayNote } from "../task/ServiceAwayNote";
import { mayCancel } from "../task/state";
import { Times } from "../task/Times";
import { useSecondsLeft, useTask, type WatchedTask } from "../task/useTask";
import { statusWords } from "../task/words";
import { remarkAsStatus } from "./groups";
import { Row } from "./Row";

interface Props {
  id: string;
  remark: string | null;
  isHidden: boolean;
  isOpenAtFirst: boolean;
  isQuiet: boolean;
  tellsAway: boolean;
}

/** An uploaded file: its task, followed until it has finished. */
export function TaskRow({ id, remark, isHidden, isOpenAtFirst, isQuiet, tellsAway }: Props) {
  const watched = useTask(id);
  useAnnounced(isQuiet ? null : spokenOf(watched, remark));
  const { task, refused, away } = watched;
  if (task === undefined) return null; // the list renders a row for it
  const error = detailOf(task.error);
  const { icon, tone } = statusWords(task);
  const insteadOfDone = remarkAsStatus(task, remark);
  return (
    <Row
      name={task.filename}
      size={task.size}
      state={task.status}
      tone={insteadOfDone === null ? `status-${tone}` : "status-warned"}
      icon={insteadOfDone === null ? icon : "away"}
      words={insteadOfDone ?? <StatusWords task={task} />}
      remark={insteadOfDone === null ? remark : null}
      isHidden={isHidden}
      isOpenAtFirst={isOpenAtFirst}
      note={
        <>
          {error !== null && <p className="row-note failure">{error}</p>}
          {refused !== null && <p className="row-note bad">{refused.message}</p>}
          {away !== null && tellsAway && <ServiceAwayNote away={away} />}
        </>
      }
      details={() => <Details task={task} />}
    >
      <Outcome task={task} />
    </Row>
  );
}

function StatusWords({ task }: { task: Task }) {
  const { words, progress } = statusWords(task);
  const secondsLeft = useSecondsLeft(task);
  return (
    <>
      {words}
      {progress !== null && <span className="digits">, {progress}</span>}
      {secondsLeft !== null && <span className="digits">, about {formatDuration(secondsLeft)} left</span>}
    </>
  );
}

/** The progress; then the values that people read, compare and copy, or the result in one line. */
function Outcome({ task }: { task: Task }) {
  const view = viewOf(task.kind);
  const { percent } = statusWords(task);
  if (percent !== null) return <progress aria-label={`${view.words(task).naming} of ${shownName(task.filename)}`} value={percent} max={100} />;
  const code = mainCodeOf(task);
  if (code === undefined) return view.summary(task);
  return (
    <>
      <code data-testid={code.testId}>{code.value}</code>
      <CopyButton text={code.value} of={code.of ?? code.name} />
    </>
  );
}

function Details({ task }: { task: Task }) {
  const view = viewOf(task.kind);
  const main = mainCodeOf(task);
  const { kept_until: until } = task;
  return (
    <>
      <dl className="codes">
        <CodeRow name="Id" of="id" value={task.id} testId="id" />
        {view
          .codes(task)
          .filter(({ testId }) => testId !== main?.testId)
          .map((code) => (
            <CodeRow key={code.testId} {...code} />
          ))}
      </dl>
      <view.Result task={task} />
      <div className="bottom">
        <div className="facts">
          <Times task={task} />
          {task.batch !== null && <span>batch {shownName(task.batch)}</span>}
          {until !== null && (
            <span>
              file stored until{" "}
              <time dateTime={until} title={until}>
                {formatTime(until)}
              </time>
            </span>
          )}
        </div>
        <div className="actions">{mayCancel(task) && <CancelButton task={task} />}</div>
      </div>
    </>
  );
}

const mainCodeOf = (task: Task) => viewOf(task.kind).codes(task).find(({ of }) => of !== undefined);

function spokenOf({ task, refused, away }: WatchedTask, remark: string | null): string | null {
  if (away !== null) return "The service cannot be reached; still trying";
  if (refused !== null) return refused.message;
  if (task === undefined) return null;
  return `${shownName(task.filename)}: ${remarkAsStatus(task, remark) ?? statusWords(task).words}${viewOf(task.kind).spoken(task)}`;
}
