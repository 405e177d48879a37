import { CHOICES, homePath, type Kind } from "./kinds";
import type { Job } from "./view";
import { viewOf } from "./views";

/** A job on the first page, with its kind. */
export interface Offer {
  /** In the URL; for the first job of a kind, the kind's name. */
  id: string;
  kind: Kind;
  job: Job;
}

/** What the first page offers: the jobs of each kind, including kinds without a view. */
export const OFFERS: readonly Offer[] = CHOICES.flatMap((kind) =>
  viewOf(kind).jobs.map((job, index) => ({ id: index === 0 ? kind : (job.id ?? `${kind}-${index}`), kind, job })),
);

const [first] = OFFERS;
if (first === undefined) throw new Error("openapi.json names no kind");
const FIRST = first;

/** The job in the URL of the first page, or the first job if the URL names none, because the user has not chosen yet. */
export function offerIn(search: string): { offer: Offer; isChosen: boolean } {
  const query = new URLSearchParams(search);
  const wanted = query.get("job") ?? query.get("kind");
  const found = OFFERS.find(({ id }) => id === wanted);
  return { offer: found ?? FIRST, isChosen: found !== undefined };
}

/** The URL of the first page with this job chosen. */
export const offerPath = ({ id, kind }: Offer): string => (id === kind ? homePath(kind) : `/?job=${encodeURIComponent(id)}`);

/** The job of a kind with this `id`; null: its first. */
export function offerOf(kind: Kind, job: string | null): Offer {
  const ofKind = OFFERS.filter((offer) => offer.kind === kind);
  return ofKind.find(({ id }) => id === job) ?? ofKind[0] ?? FIRST;
}
