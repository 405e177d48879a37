const PATHS = {
  done: "M3.5 8.5l3 3 6-7",
  failed: "M4.5 4.5l7 7m0-7l-7 7",
  cancelled: "M4 8h8",
  active: "M8 4v4l2.5 2",
  away: "M8 4.5v4.2M8 11.4v.1",
} as const;

export type IconName = keyof typeof PATHS;

/** Always used beside words with the same meaning, which never depends on the icon alone. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className={`icon icon-${name}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <circle cx="8" cy="8" r="8" />
      <path d={PATHS[name]} />
    </svg>
  );
}
