import { CopyButton } from "../shared/CopyButton";

interface Props {
  name: string;
  value: string;
  testId: string;
  /** What the Copy button says that it copies; without it there is none. */
  of?: string;
}

/** An id or a digest: to be read, compared, selected and copied. */
export function CodeRow({ name, value, testId, of }: Props) {
  return (
    <div className="code-row">
      <dt>{name}</dt>
      <dd>
        <code data-testid={testId}>{value}</code>
      </dd>
      {of !== undefined && (
        <dd>
          <CopyButton text={value} of={of} />
        </dd>
      )}
    </div>
  );
}
