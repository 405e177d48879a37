import { useId, useState, useSyncExternalStore, type ChangeEvent } from "react";
import { offerIn, offerPath, type Offer } from "../kinds/jobs";
import type { OptionTexts } from "../kinds/view";
import { focusMain, redirect, useSearch } from "../shared/navigation";
import { BatchField } from "./BatchField";
import { chosenIn, chosenInDrop } from "./chosen";
import type { Fields } from "./fields";
import { GuessQuestion } from "./GuessQuestion";
import { JobChoice } from "./JobChoice";
import type { UploadQueue } from "./queue";
import { useFileDrop } from "./useFileDrop";
import { useIntake } from "./useIntake";

const NO_OPTIONS: OptionTexts = {};

/** Where people say what they want to do, and choose or drop files. */
export function FileChooser({ queue, fields }: { queue: UploadQueue; fields: Fields }) {
  const { offer, isChosen } = offerIn(useSearch());
  const { optionsById, batch } = useSyncExternalStore(fields.subscribe, fields.snapshot);
  const optionsOf = ({ id }: Offer) => optionsById[id] ?? NO_OPTIONS;
  const setOptions = ({ id }: Offer, options: OptionTexts) => {
    fields.setOptions(id, options);
  };
  const [field, setField] = useState<HTMLElement | null>(null);
  const [isReading, setReading] = useState(false);
  const intake = useIntake({ queue, offer, isChosen, optionsOf, setOptions, batch, onRefused: () => field?.focus() });
  const { question, refusal, notes, instead } = intake;
  const id = useId();
  const { Options } = offer.job;

  function chosen(event: ChangeEvent<HTMLInputElement>) {
    const files = chosenIn(event.target.files ?? []);
    event.target.value = ""; // so that the same file can be chosen again
    void intake.take(files);
  }

  async function dropped(transfer: DataTransfer) {
    setReading(true);
    try {
      await intake.take(await chosenInDrop(transfer));
    } catch {
      intake.refuse("a file or folder could not be read.");
    } finally {
      setReading(false);
    }
  }

  const isOver = useFileDrop((transfer) => void dropped(transfer));

  function choose(wanted: Offer) {
    intake.forget();
    if (!isChosen || wanted.id !== offer.id) redirect(offerPath(wanted));
  }

  return (
    <section aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`} className="visually-hidden">
        Upload files
      </h2>
      <JobChoice offer={offer} onChange={choose} />
      <div className="intake">
        <div className="intake-options">
          {Options !== undefined && (
            <Options
              options={optionsOf(offer)}
              onChange={(options) => {
                setOptions(offer, options);
              }}
              ref={setField}
            />
          )}
          <BatchField batch={batch} onChange={fields.setBatch} />
        </div>
        <div className={isOver ? "drop-area drop-area-over" : "drop-area"}>
          <p className="drop-words">{wordsOf(isOver, isReading)}</p>
          <div className="drop-buttons">
            <div>
              <input id={id} type="file" multiple className="visually-hidden" onChange={chosen} />
              <label htmlFor={id} className="button">
                Choose files
              </label>
            </div>
            <div>
              <input
                id={`${id}-folder`}
                type="file"
                className="visually-hidden"
                onChange={chosen}
                ref={(input) => {
                  if (input !== null) input.webkitdirectory = true;
                }}
              />
              <label htmlFor={`${id}-folder`} className="button quiet">
                Choose a folder
              </label>
            </div>
          </div>
        </div>
      </div>
      <div role="alert" className="refusal">
        {refusal}
      </div>
      {question !== null && (
        <GuessQuestion
          question={question}
          usual={offer}
          onAnswer={(answer) => {
            focusMain(); // the question is about to disappear
            redirect(offerPath(answer));
            void intake.upload(question, answer);
          }}
          onCancel={() => {
            focusMain();
            intake.cancel();
          }}
        />
      )}
      <div role="status" className="intake-notes">
        {notes.map((note) => (
          <p key={note}>{note}</p>
        ))}
        {instead.map(({ guess, question }) => (
          <p key={guess.offer.id}>
            {guess.says}{" "}
            <button
              type="button"
              className="quiet small"
              onClick={() => {
                focusMain();
                redirect(offerPath(guess.offer));
                const files = guess.areLists === true ? question.files.map((_, index) => index) : guess.files;
                void intake.upload(onlyOf(question, files), guess.offer);
              }}
            >
              {guess.offer.job.name}
            </button>
          </p>
        ))}
      </div>
    </section>
  );
}

/** The question, for only some of its files. */
function onlyOf<Of extends { files: readonly unknown[]; samples: readonly unknown[] }>(question: Of, wanted: readonly number[]): Of {
  if (wanted.length === question.files.length) return question;
  const pick = <One,>(all: readonly One[]) => all.filter((_, index) => wanted.includes(index));
  return { ...question, files: pick(question.files), samples: pick(question.samples), guesses: [] };
}

function wordsOf(isOver: boolean, isReading: boolean): string {
  if (isOver) return "Release to upload";
  return isReading ? "Reading the files…" : "Drop files or folders anywhere on this page";
}
