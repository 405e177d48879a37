import { kindIn } from "../kinds/kinds";
import { viewOf } from "../kinds/views";
import { Lookup } from "../lookup/Lookup";
import { useSearch } from "../shared/navigation";
import { useTitle } from "../shared/useTitle";
import { FileChooser } from "../upload/FileChooser";
import type { Item, UploadQueue } from "../upload/queue";
import { UploadCard } from "../upload/UploadCard";
import { UploadSummary } from "../upload/UploadSummary";
import { WhatWillHappen } from "../upload/WhatWillHappen";

const MOST_SPOKEN = 5; // more files would never let a screen reader end

export function Home({ queue, items }: { queue: UploadQueue; items: readonly Item[] }) {
  const kind = kindIn(useSearch());
  useTitle(null);
  return (
    <>
      <p className="lead">Hand over a file of any size: you get an id at once, and under that id, a little later, {viewOf(kind).gives}.</p>
      <FileChooser onFiles={queue.add} />
      {items.length === 0 ? (
        <WhatWillHappen kind={kind} />
      ) : (
        <section className="files" aria-label="Your files">
          {items.length > 1 && <UploadSummary items={items} queue={queue} />}
          {items.map((item) => (
            <UploadCard key={item.key} item={item} queue={queue} isQuiet={items.length > MOST_SPOKEN} />
          ))}
        </section>
      )}
      <Lookup />
    </>
  );
}
