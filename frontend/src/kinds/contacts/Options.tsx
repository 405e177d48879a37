import { useId, type ReactNode } from "react";
import { ENCODINGS } from "./encodings";
import { countGiven, type ContactsOptions } from "./options";

interface Props {
  options: ContactsOptions;
  onChange: (options: ContactsOptions) => void;
}

const DELIMITERS = { ",": "comma ,", ";": "semicolon ;", tab: "tab", "|": "bar |" };
const HEADERS = { true: "yes, names of columns", false: "no, already a contact" };

/** How a CSV is to be read, for the few that are not read right by themselves. */
export function OptionsFields({ options, onChange }: Props) {
  const id = useId();
  const given = countGiven(options);

  const field = (name: keyof ContactsOptions, label: string, help: string, control: ReactNode) => (
    <div>
      <label htmlFor={`${id}-${name}`}>{label}</label>
      {control}
      <p id={`${id}-${name}-help`} className="help">
        {help}
      </p>
    </div>
  );
  const attributes = (name: keyof ContactsOptions) => ({ id: `${id}-${name}`, "aria-describedby": `${id}-${name}-help` });
  const choice = (name: "delimiter" | "encoding" | "header", label: string, help: string, values: Record<string, string>) =>
    field(
      name,
      label,
      help,
      <select
        {...attributes(name)}
        value={options[name]}
        onChange={(event) => {
          onChange({ ...options, [name]: event.target.value });
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
            value={options.email_column}
            onChange={(event) => {
              onChange({ ...options, email_column: event.target.value });
            }}
          />,
        )}
        <div className="check">
          <input
            {...attributes("check_mx")}
            type="checkbox"
            checked={options.check_mx}
            onChange={(event) => {
              onChange({ ...options, check_mx: event.target.checked });
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
