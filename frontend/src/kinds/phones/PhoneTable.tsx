import { CopyButton } from "../../shared/CopyButton";
import { clipped, formatNumber, shownName } from "../../shared/format";
import { dialled } from "./Actions";
import { regionName } from "./regions";
import type { Phone } from "./types";

export function PhoneTable({ phones }: { phones: readonly Phone[] }) {
  return (
    <table className="grid folding phones">
      <thead>
        <tr>
          <th scope="col" className="column-line">
            Line
          </th>
          <th scope="col" className="column-number">
            Number
          </th>
          <th scope="col" className="column-extension">
            Ext.
          </th>
          <th scope="col" className="column-region">
            Country
          </th>
          <th scope="col">In its line</th>
          <th scope="col" className="column-copy">
            <span className="visually-hidden">Copy</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {phones.map((phone) => (
          <Row key={phone.offset} phone={phone} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ phone }: { phone: Phone }) {
  const { line, number, extension, region } = phone;
  const [before, raw, after] = [phone.before ?? "", phone.raw, phone.after ?? ""].map(inOneLine);
  return (
    <tr data-testid="phone">
      <td className="column-line digits" data-name="Line">
        {formatNumber(line)}
      </td>
      <td className="column-number digits">
        <strong>{number}</strong>
      </td>
      <td className="column-extension digits" {...(extension !== null && { "data-name": "ext." })}>
        {extension}
      </td>
      <td className="column-region" title={regionName(region)}>
        {regionName(region)}
      </td>
      <td className="column-context" title={`${before}${raw}${after}`}>
        <div>
          <bdi className="before">{before}</bdi>
          <mark>{raw}</mark>
          <bdi className="after">{after}</bdi>
        </div>
      </td>
      <td className="column-copy">
        <CopyButton text={dialled(phone)} of={`number ${number}`} />
      </td>
    </tr>
  );
}

const inOneLine = (text: string): string => shownName(clipped(text).replace(/\s/g, " "));
