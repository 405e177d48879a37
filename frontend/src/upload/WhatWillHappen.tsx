import type { Kind } from "../kinds/kinds";

/** Shown as long as there are no files. */
export function WhatWillHappen({ kind }: { kind: Kind }) {
  return (
    <section className="what" aria-labelledby="what-title">
      <h2 id="what-title">What will happen</h2>
      <ol>
        <li>
          <strong>You get an id at once.</strong> As soon as the file has arrived, its id is shown here. It is a promise: it
          always ends in <em>done</em> or <em>failed</em>, even if you close this page.
        </li>
        <li>{kind === "contacts" ? <Loaded /> : <Hashed />}</li>
        <li>
          <strong>The outcome is logged.</strong> Exactly one line in the shared log says how it ended.
        </li>
      </ol>
    </section>
  );
}

function Hashed() {
  return (
    <>
      <strong>The file is hashed.</strong> You see how far it is, then its MD5: the same 32 digits that <code>md5sum</code> prints.
    </>
  );
}

function Loaded() {
  return (
    <>
      <strong>Its rows are loaded.</strong> You see how far it is, then how many were new, how many had an address that was there
      already, and how many were not valid: those can be corrected and handed over again.
    </>
  );
}
