/** Who has signed in in another window of this browser; null: somebody has signed out there. */
type Told = (owner: string | null) => void;

const NAME = "file-intake:session";
let channel: BroadcastChannel | null = null;

/** Call `listener` when another window of this browser signs in or out. */
export function onOtherWindow(listener: Told): () => void {
  const opened = new BroadcastChannel(NAME);
  opened.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data === null || typeof data === "string") listener(data);
  };
  channel = opened;
  return () => {
    opened.close();
    if (channel === opened) channel = null;
  };
}

/** Tell the other windows who is signed in now: they share the cookie, and would go on in the name of the previous owner. */
export function tellOtherWindows(owner: string | null): void {
  channel?.postMessage(owner);
}
