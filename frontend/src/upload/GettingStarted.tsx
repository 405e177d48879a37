import type { Offer } from "../kinds/jobs";

/** Shown instead of the list while there are no files. */
export function GettingStarted({ offer: { job } }: { offer: Offer }) {
  return (
    <section className="what" aria-labelledby="what-title">
      <h2 id="what-title">How it works</h2>
      <ol>
        <li>Say what you want to do, then choose your files. Each file gets an id as soon as it is uploaded.</li>
        <li>
          When a file is finished, you see {job.gives}. You can close this page in the meantime: every uploaded file ends as <em>done</em> or <em>failed</em>.
        </li>
        <li>
          Find any file and its result again under <em>Tasks</em>, or by its id.
        </li>
      </ol>
    </section>
  );
}
