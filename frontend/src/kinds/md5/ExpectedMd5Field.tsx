import { useId, useMemo, useState } from "react";
import { formatNumber } from "../../shared/format";
import type { OptionsProps } from "../view";
import type { ParsedExpected } from "./expected";
import { parsedIn } from "./options";

export function ExpectedMd5Field({ options, onChange, ref }: OptionsProps) {
  const id = useId();
  const value = options.expected ?? "";
  const parsed = useMemo(() => parsedIn(options), [options]); // a list may have thousands of lines
  const [wasLeft, setWasLeft] = useState(false);
  // A value that is being typed is too short at first: complain when the field loses the focus, or the value is too long.
  const complaint = !parsed.ok && (wasLeft || value.trim().length > 32) ? parsed.message : null;

  return (
    <div className="field">
      <label htmlFor={id}>
        Expected MD5s
      </label>
      <textarea
        ref={ref}
        id={id}
        className="code"
        rows={2}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        placeholder="Paste the list, or one MD5"
        value={value}
        aria-invalid={complaint === null ? undefined : true}
        aria-describedby={`${id}-help ${id}-complaint`}
        onChange={(event) => {
          onChange({ expected: event.target.value });
          setWasLeft(false);
        }}
        onBlur={() => {
          setWasLeft(true);
        }}
      />
      <p id={`${id}-complaint`} className="complaint" aria-live="polite">
        {complaint}
      </p>
      <p id={`${id}-help`} className="help">
        {helpFor(parsed)}
      </p>
    </div>
  );
}

function helpFor(parsed: ParsedExpected): string {
  const kind = parsed.ok ? parsed.expected.kind : "nothing";
  if (kind === "digest") return "The next file is checked against it. Choose that file alone.";
  if (parsed.ok && parsed.expected.kind === "manifest") {
    const { size } = parsed.expected.manifest;
    return `The next files are checked against ${size === 1 ? "this line" : `these ${formatNumber(size)} lines`} by name.`;
  }
  return "The list that came with the files, as md5sum writes it. You can also choose the list (MD5SUMS, *.md5) together with the files.";
}
