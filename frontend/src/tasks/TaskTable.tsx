import type { Task } from "../api/types";
import { viewOf } from "../kinds/views";
import { taskPath } from "../lookup/taskId";
import { formatSize, formatTime } from "../shared/format";
import { Icon } from "../shared/Icon";
import { Link } from "../shared/Link";
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
    <table className="tasks">
      <thead>
        <tr>
          <th scope="col">
            <label className="pick">
              <span className="visually-hidden">Select all that are shown</span>
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
          <th scope="col">Status</th>
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
  const { words, percent, icon } = statusWords(task);
  const { summary, warning } = viewOf(task.kind);
  const warned = warning(task);
  return (
    <tr data-testid="task" data-status={task.status} className={isPicked ? "picked" : undefined}>
      <td>
        <label className="pick">
          <span className="visually-hidden">Select {task.filename}</span>
          <input
            type="checkbox"
            checked={isPicked}
            onChange={(event) => {
              onPick([task.id], event.target.checked);
            }}
          />
        </label>
      </td>
      <td>
        <span className="name" title={task.filename}>
          <Link to={taskPath(task.id)}>
            <bdi>{task.filename}</bdi>
          </Link>
        </span>
        {summary(task)}
        <div className="facts">
          <span>{formatSize(task.size)}</span>
          <time dateTime={task.created_at} title={task.created_at}>
            {formatTime(task.created_at)}
          </time>
          {task.batch !== null && (
            <span>
              batch <Link to={tasksPath({ batch: task.batch })}>{task.batch}</Link>
            </span>
          )}
        </div>
      </td>
      <td>
        <p className={`status status-${task.outcome ?? "open"}`}>
          <Icon name={icon} />
          <span>
            {words}
            {percent !== null && <span className="digits">, {percent} %</span>}
            {warned !== null && <strong className="mismatch">{warned}</strong>}
          </span>
        </p>
      </td>
    </tr>
  );
}
