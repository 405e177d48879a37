import { useId, useMemo, useRef, useState, type ChangeEvent } from "react";
import { formatNumber } from "../shared/format";
import { chosenIn, chosenInDrop, MOST_FILES, type Chosen } from "./chosen";
import { digestsFor, parseExpected, whatDoesNotFit, type ParsedExpected } from "./expected";
import { ExpectedMd5Field } from "./ExpectedMd5Field";
import { useFileDrop } from "./useFileDrop";

/** Where files are chosen or dropped, and the digest that one of them should have. */
export function FileChooser({ onFiles }: { onFiles: (files: Chosen[]) => void }) {
  const [expected, setExpected] = useState("");
  const [refusal, setRefusal] = useState<string | null>(null);
  const [note, setNote] = useState<string | null>(null);
  const [isReading, setReading] = useState(false);
  const parsed = useMemo(() => parseExpected(expected), [expected]); // of a list of many thousand lines, not at each drawing
  const expectedField = useRef<HTMLTextAreaElement>(null);
  const inputId = useId();

  function take(files: Chosen[]) {
    const wrong = whyNot(files.length, parsed);
    setRefusal(wrong === null ? null : `Nothing was handed over: ${wrong}`);
    setNote(null);
    if (wrong === null && parsed.ok) {
      const names = files.map(({ name }) => name);
      const digests = digestsFor(names, parsed.expected);
      const checked = files.map((one, index) => ({ ...one, expectedMd5: digests[index] ?? null }));
      setNote(whatDoesNotFit(checked, parsed.expected));
      setExpected("");
      onFiles(checked);
    } else if (expected !== "") {
      expectedField.current?.focus();
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
      <ExpectedMd5Field ref={expectedField} value={expected} parsed={parsed} onChange={setExpected} />
    </section>
  );
}

function wordsOf(isOver: boolean, isReading: boolean): string {
  if (isOver) return "Let go to hand over";
  return isReading ? "Reading what is in it…" : "Drop files or folders anywhere on this page";
}

function whyNot(count: number, parsed: ParsedExpected): string | null {
  if (count === 0) return "there are no files in it.";
  if (count > MOST_FILES) {
    return `these are more than ${formatNumber(MOST_FILES)} files. Take fewer at a time, or a script: md5-service put takes any number.`;
  }
  if (!parsed.ok) return "correct the expected MD5 first, or empty the field.";
  if (parsed.expected.kind !== "digest" || count === 1) return null;
  return `an expected MD5 belongs to one file, and you chose ${formatNumber(count)}. Choose one file, or paste a list of several lines.`;
}
