import "./verdict.css";
import { Icon } from "../../shared/Icon";

/** Whether the file has the expected MD5: in words and with an icon, not by colour alone. */
export function Verdict({ expected, matches }: { expected: string; matches: boolean }) {
  return (
    <p className={matches ? "verdict good" : "verdict bad"} data-testid="verdict">
      <Icon name={matches ? "done" : "failed"} />
      {matches ? (
        <span>It matches the expected MD5</span>
      ) : (
        <span>
          Does not match. Expected: <code>{expected}</code>
        </span>
      )}
    </p>
  );
}
