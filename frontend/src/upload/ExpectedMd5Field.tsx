import { useId, useState, type Ref } from "react";
import { parseDigest } from "./digest";

interface Props {
  value: string;
  onChange: (value: string) => void;
  ref: Ref<HTMLInputElement>;
}

export function ExpectedMd5Field({ value, onChange, ref }: Props) {
  const id = useId();
  const [wasLeft, setWasLeft] = useState(false);
  const parsed = parseDigest(value);
  // While somebody types, every value is too short: complain once the field is left, or has become too long.
  const complaint = !parsed.ok && (wasLeft || value.trim().length > 32) ? parsed.message : null;

  return (
    <div className="field">
      <label htmlFor={id}>
        Expected MD5 <span className="muted">(optional)</span>
      </label>
      <input
        ref={ref}
        id={id}
        className="code"
        type="text"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        placeholder="32 hex digits, or a line of md5sum"
        value={value}
        aria-invalid={complaint === null ? undefined : true}
        aria-describedby={`${id}-help ${id}-complaint`}
        onChange={(event) => {
          onChange(event.target.value);
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
        {parsed.ok && parsed.digest !== null
          ? "The file that you choose next is checked against it. Choose that file alone."
          : "It is for one file: fill it in, then choose that file alone. The field is emptied once it is used."}
      </p>
    </div>
  );
}
