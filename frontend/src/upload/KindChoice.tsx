import { useId } from "react";
import { CHOICES, type Kind } from "../kinds/kinds";
import { viewOf } from "../kinds/views";

/** What is to be done with the files that are chosen next. */
export function KindChoice({ kind, onChange }: { kind: Kind; onChange: (kind: Kind) => void }) {
  const id = useId();
  return (
    <fieldset className="kinds">
      <legend>What to do with your files</legend>
      {CHOICES.map((offered) => (
        <Choice key={offered} kind={offered} group={id} isChosen={offered === kind} onChange={onChange} />
      ))}
    </fieldset>
  );
}

interface ChoiceProps {
  kind: Kind;
  group: string;
  isChosen: boolean;
  onChange: (kind: Kind) => void;
}

function Choice({ kind, group, isChosen, onChange }: ChoiceProps) {
  const id = `${group}-${kind}`;
  const { name, help } = viewOf(kind);
  return (
    <div className={isChosen ? "kind kind-chosen" : "kind"}>
      <input
        type="radio"
        id={id}
        name={group}
        checked={isChosen}
        aria-describedby={help === null ? undefined : `${id}-help`}
        onChange={() => {
          onChange(kind);
        }}
      />
      <label htmlFor={id}>{name}</label>
      {help !== null && (
        <span id={`${id}-help`} className="help">
          {help}
        </span>
      )}
    </div>
  );
}
