import { KINDS } from "./kinds";
import { plain } from "./plain";
import type { KindPage, KindView, TaskFilter } from "./view";

const folders = import.meta.glob<Partial<KindView>>("./*/index.{ts,tsx}", { eager: true, import: "view" });

const views = new Map<string, KindView>();
for (const [path, view] of Object.entries(folders)) {
  const kind = path.split("/")[1] ?? "";
  views.set(kind, { ...plain(kind), ...view });
}

/** What the page knows of a kind, even of one that has no folder here, or that only a newer service has. */
export function viewOf(kind: string): KindView {
  const known = views.get(kind) ?? plain(kind);
  views.set(kind, known);
  return known;
}

const ours = KINDS.map(viewOf);

export const PAGES: readonly KindPage[] = ours.flatMap(({ pages }) => pages);

export const FILTERS: readonly TaskFilter[] = ours.flatMap(({ filters }) => filters);
