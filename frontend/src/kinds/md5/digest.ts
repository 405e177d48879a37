export type ParsedDigest = { ok: true; digest: string | null } | { ok: false; message: string };

interface Line {
  digest: string | null;
  name: string | null;
}

/** The digest in typed or pasted text: 32 hex digits, or a line of a list. Empty text: null. */
export function parseDigest(text: string): ParsedDigest {
  const trimmed = text.trim();
  if (trimmed === "") return { ok: true, digest: null };
  if (/[\r\n]/.test(trimmed)) return { ok: false, message: "This is more than one line. Paste the line of one file." };
  const { digest } = digestIn(trimmed);
  return digest === null ? { ok: false, message: whyNot(trimmed) } : { ok: true, digest };
}

/**
 * A line as md5sum writes it (`d41d…  name`, `d41d… *name`; with a leading backslash if the name is escaped), or BSD's md5
 * (`MD5 (name) = d41d…`), or a digest alone.
 */
export function digestIn(line: string): Line {
  // md5sum writes a space, then a space or an asterisk; the name itself may begin with either.
  const exact = /^(\\?)([0-9a-f]{32}) [ *](.+)$/i.exec(line);
  const [, lead, first, name] = exact ?? /^(\\?)([0-9a-f]{32})(?:\s+\*?(.*))?$/i.exec(line.trim()) ?? [];
  if (first !== undefined) return { digest: first.toLowerCase(), name: name ? (lead === "\\" ? unescaped(name) : name) : null };
  const [, bsdName, bsd] = /^MD5 \((.*)\) = ([0-9a-f]{32})$/i.exec(line.trim()) ?? [];
  return { digest: bsd?.toLowerCase() ?? null, name: bsdName ?? null };
}

const ESCAPED: Record<string, string> = { n: "\n", r: "\r", "\\": "\\" };

const unescaped = (name: string): string => name.replace(/\\([nr\\])/g, (_, letter: string) => ESCAPED[letter] ?? letter);

function whyNot(text: string): string {
  const word = text.split(/\s/, 1)[0] ?? "";
  const rule = "An MD5 is 32 digits, each 0–9 or a–f";
  if (!/^[0-9a-f]+$/i.test(word)) return `${rule}; this has other characters.`;
  return `${rule}; this has ${word.length}.`;
}
