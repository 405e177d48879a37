export interface NumberedLine {
  /** From 1, as in an editor. */
  number: number;
  text: string;
}

/** The lines of a list without empty ones and comments. */
export const linesOf = (text: string): NumberedLine[] =>
  text
    .replace(/^\ufeff/, "")
    .split(/\r\n|\n|\r/)
    .map((line, index) => ({ number: index + 1, text: line }))
    .filter(({ text: line }) => line.trim() !== "" && !/^\s*[#;]/.test(line));

/** `where`: `MD5SUMS, line 3` */
export const notALine = (where: string, text: string): string => `${where} is not a line as md5sum writes it: ${text.slice(0, 80)}`;
