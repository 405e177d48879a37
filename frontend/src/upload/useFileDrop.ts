import { useEffect, useEffectEvent, useState } from "react";

export interface Dropped {
  files: File[];
  hasFolder: boolean;
}

/** Take files dropped anywhere on the page; true while some are held over it. */
export function useFileDrop(onDrop: (dropped: Dropped) => void): boolean {
  const [isOver, setIsOver] = useState(false);
  const dropped = useEffectEvent(onDrop);

  useEffect(() => {
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault(); // says "may be dropped here"; without it the browser opens the file instead of the page
      event.dataTransfer.dropEffect = "copy";
      setIsOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setIsOver(false); // null: out of the window, not from one element to another
    };
    const drop = (event: DragEvent) => {
      setIsOver(false);
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      dropped(contentOf(event.dataTransfer));
    };
    window.addEventListener("dragover", over);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragover", over);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
    };
  }, []);
  return isOver;
}

function contentOf(transfer: DataTransfer): Dropped {
  // A folder comes as a File that cannot be read, and only its entry tells.
  const isFolder = [...transfer.items]
    .filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry()?.isDirectory ?? false);
  return { files: [...transfer.files].filter((_, index) => !(isFolder[index] ?? false)), hasFolder: isFolder.includes(true) };
}
