import { useId, useState, type SyntheticEvent } from "react";
import { TaskCard } from "../task/TaskCard";
import { idFrom, isId } from "./taskId";
import { useIdInUrl } from "./useIdInUrl";

/** A task by its id: typed, pasted, or from the address of this page. */
export function Lookup() {
  const [id, setId] = useIdInUrl();
  const [text, setText] = useState(id ?? "");
  const fieldId = useId();

  function lookUp(event: SyntheticEvent) {
    event.preventDefault();
    const wanted = idFrom(text);
    setText(wanted);
    setId(wanted === "" ? null : wanted);
  }

  return (
    <section className="lookup" aria-labelledby={`${fieldId}-title`}>
      <h2 id={`${fieldId}-title`}>Have an id?</h2>
      <form onSubmit={lookUp}>
        <label htmlFor={fieldId}>Id, or a link that ends in it</label>
        <div className="with-button">
          <input
            id={fieldId}
            className="code"
            type="text"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
            }}
          />
          <button type="submit">Look up</button>
        </div>
      </form>
      <div className="found">{id !== null && (isId(id) ? <TaskCard key={id} id={id} /> : <NotAnId />)}</div>
    </section>
  );
}

function NotAnId() {
  return (
    <div className="card" role="alert">
      <p className="status bad">There is no task with this id.</p>
      <p className="help">An id has 36 characters: hex digits in five groups, with hyphens between them. It was shown when the file was handed over.</p>
    </div>
  );
}
