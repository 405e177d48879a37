import { useId } from "react";
import { OFFERS, type Offer } from "../kinds/jobs";

/** What the next files are for. */
export function JobChoice({ offer, onChange }: { offer: Offer; onChange: (offer: Offer) => void }) {
  const id = useId();
  return (
    <fieldset className="jobs">
      <legend>What do you want to do?</legend>
      {OFFERS.map((offered) => (
        <Choice key={offered.id} offered={offered} group={id} isChosen={offered.id === offer.id} onChange={onChange} />
      ))}
    </fieldset>
  );
}

interface ChoiceProps {
  offered: Offer;
  group: string;
  isChosen: boolean;
  onChange: (offer: Offer) => void;
}

function Choice({ offered, group, isChosen, onChange }: ChoiceProps) {
  const id = `${group}-${offered.id}`;
  const { name, help } = offered.job;
  const choose = () => {
    onChange(offered);
  };
  return (
    <div className={isChosen ? "job job-chosen" : "job"}>
      <input
        type="radio"
        id={id}
        name={group}
        checked={isChosen}
        aria-describedby={help === null ? undefined : `${id}-help`}
        onChange={choose}
        onKeyDown={({ key }) => {
          if (key === " ") choose(); // a radio button that is checked does not take it as a click
        }}
        onClick={choose} // the first job is checked although the user has not chosen it yet; clicking on it chooses it
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
