import { useId, useState, type ChangeEvent } from "react";
import { homePath, kindIn, type Kind } from "../kinds/kinds";
import type { OptionTexts } from "../kinds/view";
import { viewOf } from "../kinds/views";
import { formatNumber } from "../shared/format";
import { redirect, useSearch } from "../shared/navigation";
import { chosenIn, chosenInDrop, MOST_FILES, type Chosen, type Wanted } from "./chosen";
import { KindChoice } from "./KindChoice";
import { useFileDrop } from "./useFileDrop";

const NO_OPTIONS: OptionTexts = {};

/** Where it is said what is to be done, and files are chosen or dropped. */
export function FileChooser({ onFiles }: { onFiles: (files: Wanted[]) => void }) {
  const kind = kindIn(useSearch());
  const view = viewOf(kind);
  const [optionsOf, setOptionsOf] = useState<Partial<Record<Kind, OptionTexts>>>({});
  const options = optionsOf[kind] ?? NO_OPTIONS;
  const [field, setField] = useState<HTMLElement | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [note, setNote] = useState<string | null>(null);
  const [isReading, setReading] = useState(false);
  const inputId = useId();

  function setOptions(changed: OptionTexts) {
    setOptionsOf((before) => ({ ...before, [kind]: changed }));
  }

  function take(files: Chosen[]) {
    const wrong = whyNot(files.length);
    const names = files.map(({ name }) => name);
    const prepared = wrong === null ? view.paramsOf(options, names) : ({ ok: false, refusal: wrong } as const);
    setRefusal(prepared.ok ? null : `Nothing was handed over: ${prepared.refusal}`);
    setNote(prepared.ok ? (prepared.note ?? null) : null);
    if (prepared.ok) {
      if (prepared.options !== undefined) setOptions(prepared.options);
      onFiles(files.map((one, index) => ({ ...one, params: { kind, ...prepared.params[index] } })));
    } else if (Object.values(options).some((text) => text !== "")) {
      field?.focus();
    }
  }

  function chosen(event: ChangeEvent<HTMLInputElement>) {
    const files = chosenIn(event.target.files ?? []);
    event.target.value = ""; // so that the same file can be chosen again
    take(files);
  }

  async function dropped(transfer: DataTransfer) {
    setReading(true);
    try {
      take(await chosenInDrop(transfer));
    } catch {
      setRefusal("Nothing was handed over: something in what you dropped could not be read.");
    } finally {
      setReading(false);
    }
  }

  const isOver = useFileDrop((transfer) => void dropped(transfer));

  return (
    <section aria-labelledby={`${inputId}-title`}>
      <h2 id={`${inputId}-title`} className="visually-hidden">
        Hand over files
      </h2>
      <KindChoice
        kind={kind}
        onChange={(wanted) => {
          setRefusal(null);
          setNote(null);
          redirect(homePath(wanted));
        }}
      />
      <div className={isOver ? "drop-area drop-area-over" : "drop-area"}>
        <p className="drop-words">{wordsOf(isOver, isReading)}</p>
        <div className="drop-buttons">
          <div>
            <input id={inputId} type="file" multiple className="visually-hidden" onChange={chosen} />
            <label htmlFor={inputId} className="button">
              Choose files
            </label>
          </div>
          <div>
            <input
              id={`${inputId}-folder`}
              type="file"
              className="visually-hidden"
              onChange={chosen}
              ref={(input) => {
                if (input !== null) input.webkitdirectory = true;
              }}
            />
            <label htmlFor={`${inputId}-folder`} className="button quiet">
              Choose a folder
            </label>
          </div>
        </div>
      </div>
      <div role="alert" className="refusal">
        {refusal}
      </div>
      <div role="status" className={note === null ? "" : "note"}>
        {note}
      </div>
      {view.Options !== null && <view.Options options={options} onChange={setOptions} ref={setField} />}
    </section>
  );
}

function wordsOf(isOver: boolean, isReading: boolean): string {
  if (isOver) return "Let go to hand over";
  return isReading ? "Reading what is in it…" : "Drop files or folders anywhere on this page";
}

function whyNot(count: number): string | null {
  if (count === 0) return "there are no files in it.";
  if (count <= MOST_FILES) return null;
  return `these are more than ${formatNumber(MOST_FILES)} files. Take fewer at a time, or a script: md5-service put takes any number.`;
}
