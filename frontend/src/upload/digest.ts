export type ParsedDigest = { ok: true; digest: string | null } | { ok: false; message: string };

/**
 * The digest in what was typed or pasted: 32 hex digits, or a line as md5sum writes it (`d41d… *name`, with a leading
 * backslash where the name is escaped) or BSD's md5 (`MD5 (name) = d41d…`). Nothing typed: null.
 */
export function parseDigest(text: string): ParsedDigest {
  const trimmed = text.trim();
  if (trimmed === "") return { ok: true, digest: null };
  if (/[\r\n]/.test(trimmed)) return { ok: false, message: "This is more than one line. Paste the line of one file." };
  const found = /^\\?([0-9a-f]{32})(?:\s.*)?$/i.exec(trimmed) ?? /^MD5 \(.*\) = ([0-9a-f]{32})$/i.exec(trimmed);
  if (found?.[1] !== undefined) return { ok: true, digest: found[1].toLowerCase() };
  return { ok: false, message: whyNot(trimmed) };
}

function whyNot(text: string): string {
  const word = text.split(/\s/, 1)[0] ?? "";
  const rule = "An MD5 is 32 digits, each 0–9 or a–f";
  if (!/^[0-9a-f]+$/i.test(word)) return `${rule}; this has other characters.`;
  return `${rule}; this has ${word.length}.`;
}
