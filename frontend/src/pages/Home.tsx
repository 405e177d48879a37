import { Lookup } from "../lookup/Lookup";
import { FileChooser } from "../upload/FileChooser";
import type { Item, UploadQueue } from "../upload/queue";
import { UploadCard } from "../upload/UploadCard";
import { WhatWillHappen } from "../upload/WhatWillHappen";

export function Home({ queue, items }: { queue: UploadQueue; items: readonly Item[] }) {
  return (
    <>
      <FileChooser onFiles={queue.add} />
      {items.length === 0 ? (
        <WhatWillHappen />
      ) : (
        <section className="files" aria-label="Your files">
          {items.map((item) => (
            <UploadCard key={item.key} item={item} queue={queue} />
          ))}
        </section>
      )}
      <Lookup />
    </>
  );
}
