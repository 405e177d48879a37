import { useId, type ReactNode } from "react";
import type { Parameters } from "../../api/types";
import { DETECTED_ENCODINGS } from "../encodings";
import { filledIn } from "../plain";
import type { OptionsProps } from "../view";

type Name = keyof Pick<Parameters, "delimiter" | "encoding" | "header" | "email_column" | "check_mx">;

const DELIMITERS = { ",": "comma ,", ";": "semicolon ;", tab: "tab", "|": "vertical bar |" };
const HEADERS = { true: "column names", false: "a contact" };

export function Options({ options, onChange }: OptionsProps) {
  return (
    <div className="field">
      <p>Each email address becomes one record. Existing records are not changed. Invalid rows are listed in a report.</p>
      <Fields options={options} onChange={onChange} />
    </div>
  );
}

/** How to read a CSV that is not detected correctly; empty fields are detected. */
function Fields({ options, onChange }: Pick<OptionsProps, "options" | "onChange">) {
  const id = useId();
  const given = Object.keys(filledIn(options)).length;
  const set = (name: Name, text: string) => {
    onChange({ ...options, [name]: text });
  };

  const field = (name: Name, label: string, help: string, control: ReactNode) => (
    <div>
      <label htmlFor={`${id}-${name}`}>{label}</label>
      {control}
      <p id={`${id}-${name}-help`} className="help">
        {help}
      </p>
    </div>
  );
  const attributes = (name: Name) => ({ id: `${id}-${name}`, "aria-describedby": `${id}-${name}-help` });
  const choice = (name: Name, label: string, help: string, values: Record<string, string>) =>
    field(
      name,
      label,
      help,
      <select
        {...attributes(name)}
        value={options[name] ?? ""}
        onChange={(event) => {
          set(name, event.target.value);
        }}
      >
        <option value="">detected</option>
        {Object.entries(values).map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>,
    );

  return (
    <details className="options">
      <summary>Options{given > 0 && ` (${given} set)`}</summary>
      <div className="options-fields">
        {choice("delimiter", "Delimiter", "The character between two cells.", DELIMITERS)}
        {choice("encoding", "Encoding", "Set it if letters come out wrong.", DETECTED_ENCODINGS)}
        {choice("header", "First row", "Whether it has column names.", HEADERS)}
        {field(
          "email_column",
          "Email column",
          "Its name in the first row, or its number, from 1.",
          <input
            {...attributes("email_column")}
            type="text"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            maxLength={255}
            placeholder="detected"
            value={options.email_column ?? ""}
            onChange={(event) => {
              set("email_column", event.target.value);
            }}
          />,
        )}
        <div className="check">
          <input
            {...attributes("check_mx")}
            type="checkbox"
            checked={options.check_mx === "true"}
            onChange={(event) => {
              set("check_mx", event.target.checked ? "true" : "");
            }}
          />
          <label htmlFor={`${id}-check_mx`}>Check email domains</label>
          <p id={`${id}-check_mx-help`} className="help">
            Rows whose domain accepts no email (by its MX records in the DNS) are invalid. This takes longer.
          </p>
        </div>
      </div>
    </details>
  );
}
