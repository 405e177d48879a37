import { useId, useState, type SyntheticEvent } from "react";
import { navigate } from "../shared/navigation";
import { idFrom, taskPath } from "./taskId";

/** Leads to a task by its id, typed or pasted. */
export function Lookup() {
  const [text, setText] = useState("");
  const fieldId = useId();

  function lookUp(event: SyntheticEvent) {
    event.preventDefault();
    const wanted = idFrom(text);
    if (wanted !== "") navigate(taskPath(wanted));
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
    </section>
  );
}
