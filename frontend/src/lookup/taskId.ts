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
