import { useState } from "react";
import { Lookup } from "./lookup/Lookup";
import { idInUrl } from "./lookup/useIdInUrl";
import { Announcer } from "./shared/Announcer";
import { FileChooser } from "./upload/FileChooser";
import { UploadCard } from "./upload/UploadCard";
import { useUploads } from "./upload/useUploads";
import { WhatWillHappen } from "./upload/WhatWillHappen";

export function App() {
  const { queue, items } = useUploads();
  const [openedByLink] = useState(() => idInUrl() !== null); // then that task is why one is here: it comes first
  return (
    <div className="page">
      <header className="top">
        <div className="brand">
          <img src="/assets/favicon.svg" alt="" width="32" height="32" />
          <h1>MD5 service</h1>
          <a href="/docs">API</a>
        </div>
        <p>Hand over a file of any size: you get an id at once, and under that id, a little later, the MD5 of the file.</p>
      </header>
      <main>
        {openedByLink && <Lookup />}
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
        {!openedByLink && <Lookup />}
      </main>
      <footer>
        Each finished file has one line in the shared log; check it with <code>md5-service log verify</code>.
      </footer>
      <Announcer />
    </div>
  );
}
