import { useId, useState, type SyntheticEvent } from "react";
import { refine } from "../../shared/navigation";
import { contactsPath, type ContactFilters } from "./address";

/** Finds the contact with an email address; the URL always agrees with this field. */
export function FindContact({ filters }: { filters: ContactFilters }) {
  const id = useId();
  const [email, setEmail] = useState(filters.email ?? "");
  const [shown, setShown] = useState(filters.email);
  if (shown !== filters.email) {
    // The field follows links, Back and Forward.
    setShown(filters.email);
    setEmail(filters.email ?? "");
  }

  function find(event: SyntheticEvent) {
    event.preventDefault();
    refine(contactsPath({ task: filters.task, email }));
  }

  return (
    <form className="find" aria-label="Find a contact" onSubmit={find}>
      <label htmlFor={id}>Email address</label>
      <div className="with-button">
        <input
          id={id}
          type="text"
          inputMode="email"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          value={email}
          onChange={(event) => {
            setEmail(event.target.value);
          }}
        />
        <button type="submit">Look up</button>
      </div>
    </form>
  );
}
