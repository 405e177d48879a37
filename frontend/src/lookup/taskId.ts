const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";

/** The id in what was typed or pasted: itself, or at the end of a URL. Other text is given back trimmed. */
export function idFrom(text: string): string {
  const trimmed = text.trim();
  return new RegExp(`(?:^|[/=])(${UUID})/?$`, "i").exec(trimmed)?.[1]?.toLowerCase() ?? trimmed;
}

/** Whether it can be an id at all. Other text is not sent: it could lead to another path of the API. */
export function isId(text: string): boolean {
  return new RegExp(`^${UUID}$`, "i").test(text);
}

/** The page of a task; of whatever was typed, so that it can be said what is wrong with it. */
export const taskPath = (id: string): string => `/tasks/${encodeURIComponent(id)}`;

/** The id in the address of a task's page, if it is one; also in `/?id=`, as older links have it. */
export function idInAddress({ pathname, search }: Location): string | null {
  const inPath = /^\/tasks\/([^/]+)\/?$/.exec(pathname)?.[1];
  const inQuery = pathname === "/" ? new URLSearchParams(search).get("id") : null;
  const id = inPath === undefined ? inQuery : decoded(inPath);
  return id === null || id.trim() === "" ? null : idFrom(id);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
