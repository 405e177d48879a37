import { useId } from "react";
import { LONGEST_BATCH } from "./chosen";

/** A name that the next files share. */
export function BatchField({ batch, onChange }: { batch: string; onChange: (batch: string) => void }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>
        Batch <span className="muted">(optional)</span>
      </label>
      <input
        id={id}
        type="text"
        autoComplete="off"
        maxLength={LONGEST_BATCH}
        aria-describedby={`${id}-help`}
        value={batch}
        onChange={(event) => {
          onChange(event.target.value);
        }}
      />
      <p id={`${id}-help`} className="help">
        A name to find these files by. If you leave it empty, the files of a folder get the folder’s name.
      </p>
    </div>
  );
}
