import { useId, type ReactNode } from "react";
import type { Parameters } from "../../api/types";
import { filledIn } from "../plain";
import type { OptionsProps } from "../view";
import { ENCODINGS } from "./encodings";

type Name = keyof Pick<Parameters, "delimiter" | "encoding" | "header" | "email_column" | "check_mx">;

const DELIMITERS = { ",": "comma ,", ";": "semicolon ;", tab: "tab", "|": "bar |" };
const HEADERS = { true: "yes, names of columns", false: "no, already a contact" };

export function Options({ options, onChange }: OptionsProps) {
  return (
    <div className="field">
      <p>Each address becomes one record. An address that is there already is kept as it is; rows that are not valid come in a report.</p>
      <Fields options={options} onChange={onChange} />
    </div>
  );
}

/** How a CSV is to be read, for the few that are not read right by themselves: what is empty is detected. */
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
        {choice("delimiter", "Delimiter", "What stands between two cells.", DELIMITERS)}
        {choice("encoding", "Encoding", "Choose it where letters come out wrong.", ENCODINGS)}
        {choice("header", "Header", "What the first row is.", HEADERS)}
        {field(
          "email_column",
          "Column of the addresses",
          "Its name in the header, or its number, from 1.",
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
          <label htmlFor={`${id}-check_mx`}>Check the domains</label>
          <p id={`${id}-check_mx-help`} className="help">
            Asks the DNS (MX) whether they take mail; rows of those that take none are not valid. It takes longer.
          </p>
        </div>
      </div>
    </details>
  );
}
