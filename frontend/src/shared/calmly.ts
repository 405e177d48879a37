const CALM_MS = 150;

/** `listener`, called at most every 150 ms: redrawing a thousand files at each change would keep the browser busy. `isMany`: false
 * calls it at once. */
export function calmly(listener: () => void, isMany: () => boolean): { call: () => void; cancel: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const call = () => {
    if (!isMany()) listener();
    else
      timer ??= setTimeout(() => {
        timer = undefined;
        listener();
      }, CALM_MS);
  };
  return {
    call,
    cancel: () => {
      clearTimeout(timer);
    },
  };
}
