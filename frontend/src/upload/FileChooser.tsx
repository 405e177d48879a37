import { useId, useRef, useState, type ChangeEvent } from "react";
import { parseDigest } from "./digest";
import { ExpectedMd5Field } from "./ExpectedMd5Field";
import { useFileDrop } from "./useFileDrop";

/** Where files are chosen or dropped, and the digest that one of them should have. */
export function FileChooser({ onFiles }: { onFiles: (files: File[], expectedMd5: string | null) => void }) {
  const [expected, setExpected] = useState("");
  const [refusal, setRefusal] = useState<string | null>(null);
  const expectedField = useRef<HTMLInputElement>(null);
  const inputId = useId();

  function take(files: File[], hasFolder: boolean) {
    setRefusal(hasFolder ? "A folder cannot be handed over; choose the files in it." : null);
    if (files.length === 0) return;
    const parsed = parseDigest(expected);
    if (!parsed.ok) {
      setRefusal("Nothing was handed over: correct the expected MD5 first, or empty the field.");
      expectedField.current?.focus();
    } else if (parsed.digest !== null && files.length > 1) {
      setRefusal(`Nothing was handed over: an expected MD5 belongs to one file, and you chose ${files.length}. Choose one file, or empty the field.`);
      expectedField.current?.focus();
    } else {
      setExpected("");
      onFiles(files, parsed.digest);
    }
  }

  function chosen(event: ChangeEvent<HTMLInputElement>) {
    const files = [...(event.target.files ?? [])];
    event.target.value = ""; // so that the same file can be chosen again
    take(files, false);
  }

  const isOver = useFileDrop(({ files, hasFolder }) => {
    take(files, hasFolder);
  });

  return (
    <section aria-labelledby={`${inputId}-title`}>
      <h2 id={`${inputId}-title`} className="visually-hidden">
        Hand over files
      </h2>
      <div className={isOver ? "drop-area drop-area-over" : "drop-area"}>
        <p className="drop-words">{isOver ? "Let go to hand over" : "Drop files anywhere on this page"}</p>
        <div>
          <input id={inputId} type="file" multiple className="visually-hidden" onChange={chosen} />
          <label htmlFor={inputId} className="button">
            Choose files
          </label>
        </div>
      </div>
      <div role="alert" className="refusal">
        {refusal}
      </div>
      <ExpectedMd5Field ref={expectedField} value={expected} onChange={setExpected} />
    </section>
  );
}
