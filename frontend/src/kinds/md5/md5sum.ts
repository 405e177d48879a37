/** A line of a manifest that `md5sum -c` reads: as coreutils writes it, a leading backslash tells that the name is escaped. */
export function md5sumLine(md5: string, name: string): string {
  const escaped = name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  return `${escaped === name ? "" : "\\"}${md5}  ${escaped}\n`;
}
