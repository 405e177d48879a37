import { useState } from "react";
import { offerIn } from "../kinds/jobs";
import { Lookup } from "../lookup/Lookup";
import { count } from "../shared/format";
import { useSearch } from "../shared/navigation";
import { useTitle } from "../shared/useTitle";
import type { Fields } from "../upload/fields";
import { FileChooser } from "../upload/FileChooser";
import { FileList } from "../upload/FileList";
import { GettingStarted } from "../upload/GettingStarted";
import type { Item, UploadQueue } from "../upload/queue";

export function Home({ queue, items, fields }: { queue: UploadQueue; items: readonly Item[]; fields: Fields }) {
  const { offer } = offerIn(useSearch());
  const [gone, setGone] = useState(0);
  useTitle(null);
  return (
    <>
      <FileChooser queue={queue} fields={fields} />
      <div role="status" className={gone === 0 ? "visually-hidden" : "note"}>
        {gone > 0 && `${count(gone, "file")} of this list ${gone === 1 ? "was" : "were"} removed, because the service no longer has ${gone === 1 ? "its task" : "their tasks"}.`}
      </div>
      {items.length === 0 ? (
        <GettingStarted offer={offer} />
      ) : (
        <FileList
          items={items}
          queue={queue}
          onGone={() => {
            setGone((before) => before + 1);
          }}
        />
      )}
      <Lookup />
    </>
  );
}
