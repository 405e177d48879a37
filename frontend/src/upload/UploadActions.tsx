import { shownName } from "../shared/format";
import { isAwaited, type Item, type UploadQueue } from "./queue";

/** The actions for a file that has no id yet. */
export function UploadActions({ item, queue }: { item: Item; queue: UploadQueue }) {
  const { key, chosen, phase } = item;
  const name = shownName(chosen.name);
  if (phase.name === "waiting" || phase.name === "sending") {
    return (
      <button
        type="button"
        className="quiet small"
        onClick={() => {
          queue.stop(key);
        }}
      >
        Cancel<span className="visually-hidden"> the upload of {name}</span>
      </button>
    );
  }
  return (
    <>
      {isAwaited(item) ? (
        <span className="help">{phase.name === "missing" ? "Choose this file to check it." : "Choose this file again."}</span>
      ) : (
        <button
          type="button"
          className="small"
          onClick={() => {
            queue.retry(key);
          }}
        >
          Retry<span className="visually-hidden"> the upload of {name}</span>
        </button>
      )}
      <button
        type="button"
        className="quiet small"
        onClick={() => {
          queue.remove(key);
        }}
      >
        Remove<span className="visually-hidden"> {name} from this list</span>
      </button>
    </>
  );
}
