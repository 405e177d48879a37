import { useEffect, useId, useRef } from "react";
import type { Offer } from "../kinds/jobs";
import { clipped, formatNumber } from "../shared/format";
import { useAnnounced } from "../shared/useAnnounced";
import type { Question } from "./useIntake";

interface Props {
  question: Question;
  /** The job that is preselected, or that the user has chosen since. */
  usual: Offer;
  onAnswer: (offer: Offer) => void;
  onCancel: () => void;
}

const MOST_NAMES = 3;

/** Asked before anything is uploaded: the user has not chosen a job, and the files suit another one than the preselected. */
export function GuessQuestion({ question: { files, guesses }, usual, onAnswer, onCancel }: Props) {
  const id = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  const says = guesses.map((guess) => guess.says).join(" ");
  useAnnounced(says);
  useEffect(() => {
    heading.current?.focus();
  }, []);
  const names = files.slice(0, MOST_NAMES).map(({ name }) => clipped(name));
  const more = files.length - names.length;
  return (
    <section className="card question" aria-labelledby={id} data-testid="question">
      <h3 id={id} ref={heading} tabIndex={-1}>
        {says}
      </h3>
      <p className="help">
        Nothing has been uploaded yet. You chose <bdi>{names.join(", ")}</bdi>
        {more > 0 && ` and ${formatNumber(more)} more`}.
      </p>
      <div className="actions">
        {guesses.map(({ offer }) => (
          <button
            key={offer.id}
            type="button"
            onClick={() => {
              onAnswer(offer);
            }}
          >
            {offer.job.name}
          </button>
        ))}
        {!guesses.some(({ offer }) => offer.id === usual.id) && (
          <button
            type="button"
            className="quiet"
            onClick={() => {
              onAnswer(usual);
            }}
          >
            {usual.job.name}
          </button>
        )}
        <button type="button" className="quiet" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </section>
  );
}
