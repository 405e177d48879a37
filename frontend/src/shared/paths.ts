/** A path in the form in which paths are compared, whatever system it comes from: composed characters, slashes, no root, no leading `./`. */
export const comparable = (path: string): string =>
  path
    .normalize("NFC")
    .replaceAll("\\", "/")
    .replace(/^[a-z]:(?=\/)/i, "")
    .replace(/^(\.?\/)+/, "");

export const baseOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
