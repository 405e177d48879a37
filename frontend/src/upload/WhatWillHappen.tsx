import type { Kind } from "../kinds/kinds";
import { viewOf } from "../kinds/views";

/** Shown as long as there are no files. */
export function WhatWillHappen({ kind }: { kind: Kind }) {
  const view = viewOf(kind);
  return (
    <section className="what" aria-labelledby="what-title">
      <h2 id="what-title">What will happen</h2>
      <ol>
        <li>
          <strong>You get an id at once.</strong> As soon as the file has arrived, its id is shown here. It is a promise: it
          always ends in <em>done</em> or <em>failed</em>, even if you close this page.
        </li>
        <li>
          <view.WhatHappens />
        </li>
        <li>
          <strong>The outcome is logged.</strong> Exactly one line in the shared log says how it ended.
        </li>
      </ol>
    </section>
  );
}
