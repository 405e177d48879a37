import { useId } from "react";
import { KINDS, type Kind } from "../kinds/kinds";

/** What is to be done with the files that are chosen next. */
export function KindChoice({ kind, onChange }: { kind: Kind; onChange: (kind: Kind) => void }) {
  const id = useId();
  return (
    <fieldset className="kinds">
      <legend>What to do with your files</legend>
      {KINDS.map((offered) => (
        <div key={offered.kind} className={offered.kind === kind ? "kind kind-chosen" : "kind"}>
          <input
            type="radio"
            id={`${id}-${offered.kind}`}
            name={id}
            checked={offered.kind === kind}
            aria-describedby={`${id}-${offered.kind}-explanation`}
            onChange={() => {
              onChange(offered.kind);
            }}
          />
          <label htmlFor={`${id}-${offered.kind}`}>{offered.name}</label>
          <span id={`${id}-${offered.kind}-explanation`} className="help">
            {offered.explanation}
          </span>
        </div>
      ))}
    </fieldset>
  );
}
