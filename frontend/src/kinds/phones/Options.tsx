import { useId } from "react";
import { ENCODINGS } from "../encodings";
import type { OptionsProps } from "../view";
import { allRegions, ONLY_INTERNATIONAL } from "./regions";

/** Whose numbers to look for, and how to read a text whose encoding is not detected correctly. */
export function Options({ options, onChange }: OptionsProps) {
  const id = useId();
  const choice = (name: "region" | "encoding", label: string, help: string, values: readonly (readonly [value: string, words: string])[]) => (
    <div>
      <label htmlFor={`${id}-${name}`}>{label}</label>
      <select
        id={`${id}-${name}`}
        aria-describedby={`${id}-${name}-help`}
        value={options[name] ?? ""}
        onChange={(event) => {
          onChange({ ...options, [name]: event.target.value });
        }}
      >
        {values.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
      <p id={`${id}-${name}-help`} className="help">
        {help}
      </p>
    </div>
  );
  return (
    <div className="options-fields">
      {choice("region", "Country", "Its numbers are also found without a country code.", [
        ["", "service default"],
        [ONLY_INTERNATIONAL, "Only international numbers (+…)"],
        ...allRegions(),
      ])}
      {choice("encoding", "Encoding", "Set it if letters come out wrong.", [["", "detected"], ...Object.entries(ENCODINGS)])}
    </div>
  );
}
