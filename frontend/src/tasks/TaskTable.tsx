import "../styles/grid.css";
import "../styles/taskTable.css";
import type { Task } from "../api/types";
import { viewOf } from "../kinds/views";
import { taskPath } from "../lookup/taskId";
import { clipped, formatBytes, formatSize, shownName } from "../shared/format";
import { Icon } from "../shared/Icon";
import { Link } from "../shared/Link";
import { toTheMinute } from "../task/moments";
import { useTask } from "../task/useTask";
import { statusWords } from "../task/words";
import { tasksPath } from "./filters";

interface Props {
  tasks: Task[];
  picked: ReadonlySet<string>;
  onPick: (ids: string[], isPicked: boolean) => void;
}

export function TaskTable({ tasks, picked, onPick }: Props) {
  const ids = tasks.map(({ id }) => id);
  const count = ids.filter((id) => picked.has(id)).length;
  return (
    <table className="grid tasks">
      <thead>
        <tr>
          <th scope="col" className="column-pick">
            <label className="pick">
              <span className="visually-hidden">Select all on this page</span>
              <input
                type="checkbox"
                checked={count === ids.length}
                ref={(box) => {
                  if (box !== null) box.indeterminate = count > 0 && count < ids.length;
                }}
                onChange={(event) => {
                  onPick(ids, event.target.checked);
                }}
              />
            </label>
          </th>
          <th scope="col">File</th>
          <th scope="col" className="column-status">
            Status
          </th>
          <th scope="col" className="column-result">
            Result
          </th>
          <th scope="col" className="column-kind">
            Kind
          </th>
          <th scope="col" className="column-size">
            Size
          </th>
          <th scope="col" className="column-batch">
            Batch
          </th>
          <th scope="col" className="column-time">
            Uploaded
          </th>
        </tr>
      </thead>
      <tbody>
        {tasks.map((task) => (
          <TaskRow key={task.id} listed={task} isPicked={picked.has(task.id)} onPick={onPick} />
        ))}
      </tbody>
    </table>
  );
}

function TaskRow({ listed, isPicked, onPick }: { listed: Task; isPicked: boolean; onPick: Props["onPick"] }) {
  const task = useTask(listed.id).task ?? listed;
  const { words, percent, icon, tone } = statusWords(task);
  const { name, summary } = viewOf(task.kind);
  const status = `${words}${percent === null ? "" : `, ${percent} %`}`;
  return (
    <tr data-testid="task" data-status={task.status} className={isPicked ? "picked" : undefined}>
      <td className="column-pick">
        <label className="pick">
          <span className="visually-hidden">Select {shownName(task.filename)}</span>
          <input
            type="checkbox"
            checked={isPicked}
            onChange={(event) => {
              onPick([task.id], event.target.checked);
            }}
          />
        </label>
      </td>
      <td className="column-file" title={shownName(task.filename)}>
        <Link to={taskPath(task.id)}>
          <bdi>{clipped(shownName(task.filename))}</bdi>
        </Link>
      </td>
      <td className="column-status">
        <p className={`status status-${tone}`} title={status}>
          <Icon name={icon} />
          <span className="digits">{status}</span>
        </p>
      </td>
      <td className="column-result">{task.error === null ? summary(task) : <WhyFailed detail={task.error.detail} />}</td>
      <td className="column-kind">{name}</td>
      <td className="column-size digits" title={formatBytes(task.size)}>
        {formatSize(task.size)}
      </td>
      <td className="column-batch" title={task.batch === null ? undefined : shownName(task.batch)}>
        {task.batch !== null && (
          <Link to={tasksPath({ batch: task.batch })}>
            <bdi>{shownName(task.batch)}</bdi>
          </Link>
        )}
      </td>
      <td className="column-time">
        <time dateTime={task.created_at} title={task.created_at}>
          {toTheMinute(task.created_at)}
        </time>
      </td>
    </tr>
  );
}

function WhyFailed({ detail }: { detail: string }) {
  return (
    <span className="muted" title={detail}>
      {clipped(detail)}
    </span>
  );
}
