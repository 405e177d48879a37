import { fileUrl } from "../api/tasks";
import type { Task } from "../api/types";
import { isId, taskPath } from "../lookup/taskId";
import { useOwner } from "../session/useSession";
import { CopyButton } from "../shared/CopyButton";
import { Link } from "../shared/Link";
import { useTitle } from "../shared/useTitle";
import { DeleteButton } from "../task/DeleteButton";
import { mayDelete } from "../task/deletion";
import { RetryButton } from "../task/RetryButton";
import { mayRetry } from "../task/state";
import { TaskCard } from "../task/TaskCard";
import { Timeline } from "../task/Timeline";
import { useTask } from "../task/useTask";
import { statusWords } from "../task/words";

/** One task: what became of it, when, and how to ask for it from a script. */
export function TaskPage({ id }: { id: string }) {
  return isId(id) ? <KnownForm id={id} /> : <NotAnId />;
}

function KnownForm({ id }: { id: string }) {
  const { task } = useTask(id);
  useTitle(task === undefined ? "A task" : `${statusWords(task).words}: ${task.filename}`);
  return (
    <>
      <section aria-labelledby="task-title">
        <h2 id="task-title" className="visually-hidden">
          The task
        </h2>
        <TaskCard id={id} />
      </section>
      {task !== undefined && <More task={task} />}
    </>
  );
}

function More({ task }: { task: Task }) {
  const key = useOwner() === null ? "" : `-H "Authorization: Bearer $MD5_KEY" `;
  const curl = `curl ${key}'${location.origin}/v1/tasks/${task.id}'`;
  return (
    <>
      <section aria-labelledby="timeline-title">
        <h2 id="timeline-title">What happened</h2>
        {task.retry_of !== null && (
          <p className="muted">
            It tries <Link to={taskPath(task.retry_of)}>an earlier task</Link> again.
          </p>
        )}
        <Timeline task={task} />
      </section>
      <section aria-labelledby="file-title" className="file-actions">
        <h2 id="file-title">The file</h2>
        {task.kept ? (
          <div className="actions">
            <a className="button quiet" href={fileUrl(task.id)} download>
              Download
            </a>
            {mayRetry(task) && <RetryButton id={task.id} />}
            {mayDelete(task) && <DeleteButton task={task} />}
          </div>
        ) : (
          <>
            <p className="muted">Its bytes are no longer kept. To have it done again, hand it over again.</p>
            {mayDelete(task) && (
              <div className="actions">
                <DeleteButton task={task} />
              </div>
            )}
          </>
        )}
      </section>
      <section aria-labelledby="scripts-title">
        <h2 id="scripts-title">For scripts</h2>
        <div className="with-button curl">
          <code>{curl}</code>
          <CopyButton text={curl} of="command" />
        </div>
        <details>
          <summary>What it answers</summary>
          <pre data-testid="json">{JSON.stringify(task, null, 2)}</pre>
        </details>
      </section>
    </>
  );
}

function NotAnId() {
  useTitle("No such task");
  return (
    <div className="card" role="alert">
      <p className="status bad">There is no task with this id.</p>
      <p className="help">An id has 36 characters: hex digits in five groups, with hyphens between them. It was shown when the file was handed over.</p>
    </div>
  );
}
