import type { Item, UploadQueue } from "./queue";

/** What can be done with a file that has no id yet. */
export function UploadActions({ item: { key, chosen, phase }, queue }: { item: Item; queue: UploadQueue }) {
  if (phase.name === "waiting" || phase.name === "sending") {
    return (
      <button
        type="button"
        className="quiet"
        onClick={() => {
          queue.stop(key);
        }}
      >
        Cancel<span className="visually-hidden"> the upload of {chosen.name}</span>
      </button>
    );
  }
  return (
    <>
      <button
        type="button"
        className="quiet"
        onClick={() => {
          queue.remove(key);
        }}
      >
        Remove<span className="visually-hidden"> {chosen.name} from this list</span>
      </button>
      <button
        type="button"
        onClick={() => {
          queue.tryAgain(key);
        }}
      >
        Try again<span className="visually-hidden"> to upload {chosen.name}</span>
      </button>
    </>
  );
}
