/** A line for `md5sum -c`. As in coreutils, a leading backslash means that the name is escaped. */
export function md5sumLine(md5: string, name: string): string {
  const escaped = name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  return `${escaped === name ? "" : "\\"}${md5}  ${escaped}\n`;
}
