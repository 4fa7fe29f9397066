/** Joins parts of a path with "/" and resolves "." and ".."; an absolute part begins anew. "." for nothing. */
export function posix(...parts: readonly string[]): string {
  const out: string[] = [];
  let isAbsolute = false;
  for (const part of parts) {
    if (part.startsWith("/")) {
      out.length = 0;
      isAbsolute = true;
    }
    for (const name of part.split("/")) {
      if (name === "" || name === ".") continue;
      if (name === ".." && out.length > 0 && out.at(-1) !== "..") out.pop();
      else out.push(name);
    }
  }
  return `${isAbsolute ? "/" : ""}${out.join("/")}` || ".";
}
