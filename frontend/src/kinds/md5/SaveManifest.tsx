import type { Task } from "../../api/types";
import { md5sumLine } from "./md5sum";
import { md5ResultOf } from "./result";

/** The digests of several files as one list, which `md5sum -c` reads. */
export function SaveManifest({ tasks }: { tasks: readonly Task[] }) {
  const lines = tasks.flatMap((task) => {
    const result = md5ResultOf(task);
    return result === null ? [] : [md5sumLine(result.md5, task.filename)];
  });
  if (lines.length === 0) return null;
  return (
    <button
      type="button"
      onClick={() => {
        save("MD5SUMS", lines.join(""));
      }}
    >
      Save MD5SUMS
    </button>
  );
}

function save(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, 10_000); // the browser may only start to read it later
}
