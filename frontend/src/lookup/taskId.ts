const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";

/** The first id in typed or pasted text: alone, in a sentence, or in a URL of the page or the API. Other text, such as the name of a file that
 * contains an id, is returned trimmed. */
export function idFrom(text: string): string {
  return new RegExp(`(?:^|[\\s/=:"'(<])(${UUID})(?=$|[\\s/?#&"')>,;])`, "i").exec(text)?.[1]?.toLowerCase() ?? text.trim();
}

/** Whether the text has the form of an id. Other text is not sent: it could lead to another path of the API. */
export function isId(text: string): boolean {
  return new RegExp(`^${UUID}$`, "i").test(text);
}

/** The page of a task. It accepts any text, so that the page can say what is wrong with it. */
export const taskPath = (id: string): string => `/tasks/${encodeURIComponent(id)}`;

/** The id in the URL of a task's page, if it is one; also in `/?id=`, as in older links. */
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
