import { useId, useMemo, useRef, useState, type ChangeEvent } from "react";
import { NO_OPTIONS, paramsOf } from "../kinds/contacts/options";
import { OptionsFields } from "../kinds/contacts/Options";
import { homePath, kindIn } from "../kinds/kinds";
import { formatNumber } from "../shared/format";
import { redirect, useSearch } from "../shared/navigation";
import { chosenIn, chosenInDrop, MOST_FILES, type Chosen, type Wanted } from "./chosen";
import { digestsFor, parseExpected, whatDoesNotFit, type ParsedExpected } from "../kinds/md5/expected";
import { ExpectedMd5Field } from "../kinds/md5/ExpectedMd5Field";
import { KindChoice } from "./KindChoice";
import { useFileDrop } from "./useFileDrop";

/** Where it is said what is to be done, and files are chosen or dropped. */
export function FileChooser({ onFiles }: { onFiles: (files: Wanted[]) => void }) {
  const kind = kindIn(useSearch());
  const [expected, setExpected] = useState("");
  const [options, setOptions] = useState(NO_OPTIONS);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [note, setNote] = useState<string | null>(null);
  const [isReading, setReading] = useState(false);
  const parsed = useMemo(() => parseExpected(expected), [expected]); // of a list of many thousand lines, not at each drawing
  const expectedField = useRef<HTMLTextAreaElement>(null);
  const inputId = useId();

  function take(files: Chosen[]) {
    const wrong = whyNot(files.length) ?? (kind === "md5" ? whyNotChecked(files.length, parsed) : null);
    setRefusal(wrong === null ? null : `Nothing was handed over: ${wrong}`);
    setNote(null);
    if (wrong !== null) {
      if (expected !== "") expectedField.current?.focus();
    } else if (kind === "contacts") {
      const params = paramsOf(options);
      onFiles(files.map((one) => ({ ...one, params })));
    } else if (parsed.ok) {
      const names = files.map(({ name }) => name);
      const digests = digestsFor(names, parsed.expected);
      setNote(whatDoesNotFit(digests, parsed.expected));
      setExpected("");
      onFiles(files.map((one, index) => ({ ...one, params: md5Params(digests[index]) })));
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
      {kind === "contacts" ? (
        <div className="field">
          <p>
            Each address becomes one record. An address that is there already is kept as it is; rows that are not valid come in a report.
          </p>
          <OptionsFields options={options} onChange={setOptions} />
        </div>
      ) : (
        <ExpectedMd5Field ref={expectedField} value={expected} parsed={parsed} onChange={setExpected} />
      )}
    </section>
  );
}

const md5Params = (digest: string | null | undefined): Wanted["params"] => ({ kind: "md5", ...(digest && { expected_md5: digest }) });

function wordsOf(isOver: boolean, isReading: boolean): string {
  if (isOver) return "Let go to hand over";
  return isReading ? "Reading what is in it…" : "Drop files or folders anywhere on this page";
}

function whyNot(count: number): string | null {
  if (count === 0) return "there are no files in it.";
  if (count <= MOST_FILES) return null;
  return `these are more than ${formatNumber(MOST_FILES)} files. Take fewer at a time, or a script: md5-service put takes any number.`;
}

function whyNotChecked(count: number, parsed: ParsedExpected): string | null {
  if (!parsed.ok) return "correct the expected MD5 first, or empty the field.";
  if (parsed.expected.kind !== "digest" || count === 1) return null;
  return `an expected MD5 belongs to one file, and you chose ${formatNumber(count)}. Choose one file, or paste a list of several lines.`;
}
