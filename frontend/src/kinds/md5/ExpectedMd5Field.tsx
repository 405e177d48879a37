import { useId, useMemo, useState } from "react";
import { formatNumber } from "../../shared/format";
import type { OptionsProps } from "../view";
import { parseExpected, type ParsedExpected } from "./expected";
import { expectedIn } from "./options";

export function ExpectedMd5Field({ options, onChange, ref }: OptionsProps) {
  const id = useId();
  const value = expectedIn(options);
  const parsed = useMemo(() => parseExpected(value), [value]); // of a list of many thousand lines, not at each drawing
  const [wasLeft, setWasLeft] = useState(false);
  // While somebody types, every value is too short: complain once the field is left, or has become too long.
  const complaint = !parsed.ok && (wasLeft || value.trim().length > 32) ? parsed.message : null;

  return (
    <div className="field">
      <label htmlFor={id}>
        Expected MD5 <span className="muted">(optional)</span>
      </label>
      <textarea
        ref={ref}
        id={id}
        className="code"
        rows={1}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        placeholder="32 hex digits, or lines of md5sum"
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
  if (kind === "digest") return "The file that you choose next is checked against it. Choose that file alone.";
  if (parsed.ok && parsed.expected.kind === "manifest") {
    return `The files that you choose next are checked against these ${formatNumber(parsed.expected.manifest.size)} lines, each against that of its name.`;
  }
  return "For one file its digest; for many the list that came with them. Fill it in before you choose the files; it is emptied once it is used.";
}
