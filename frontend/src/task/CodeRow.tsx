import type { Code } from "../kinds/view";
import { CopyButton } from "../shared/CopyButton";

/** An id or a digest, which people read, compare, select and copy. */
export function CodeRow({ name, value, testId, of }: Code) {
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
