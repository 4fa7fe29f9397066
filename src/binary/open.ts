// The ordered table of container readers, and the one way to open a file.
import { InputError } from "./bytes.ts";
import { elf } from "./elf.ts";
import { type Executable, IMAGE_LIMIT, type Reader } from "./executable.ts";
import { macho } from "./macho.ts";
import { pe } from "./pe.ts";

/** In order: the first reader that detects its format opens the file. */
export const readers: readonly Reader[] = [elf, macho, pe];

/**
 * Opens one executable. Throws InputError with one line that says what is wrong: empty, too big, truncated, or what the file
 * looks like if it is no executable.
 */
export function openExecutable(bytes: Uint8Array): Executable {
  if (bytes.length === 0) throw new InputError("the file is empty");
  if (bytes.length >= IMAGE_LIMIT) throw new InputError("the file is 4 GiB or more");
  const reader = readers.find((r) => r.detect(bytes));
  if (!reader) throw new InputError(`this is not an executable: it looks like ${looksLike(bytes)}`);
  return reader.open(bytes);
}

/** First bytes (latin1) of files that people mistake for executables. */
const KNOWN: readonly (readonly [string, string])[] = [
  ["#!", "a script"],
  ["\x1f\x8b", "a gzip file"],
  ["PK\x03\x04", "a zip file"],
  ["PK\x05\x06", "a zip file"],
  ["\xfd7zXZ\0", "an xz file"],
  ["\x28\xb5\x2f\xfd", "a zstd file"],
  ["BZh", "a bzip2 file"],
  ["\xca\xfe\xba\xbe", "a Java class"],
  ["BC\xc0\xde", "LLVM bitcode"],
  ["\0\0go1", "a Go object file"],
  ["go object ", "a Go object file"],
  ["!<arch>\n", "an archive"],
  ["!<thin>\n", "a thin archive, whose members are other files"],
  ["%PDF", "a PDF file"],
  ["\x89PNG", "a PNG image"],
];

function looksLike(bytes: Uint8Array): string {
  for (const [magic, name] of KNOWN) {
    if (magic.length <= bytes.length && [...magic].every((c, i) => c.charCodeAt(0) === bytes[i])) return name;
  }
  const head = bytes.subarray(0, 512);
  if (head.length > 262 && String.fromCharCode(...head.subarray(257, 262)) === "ustar") return "a tar archive";
  if (head.every((b) => b === 0)) return "zeros";
  const isText = head.every((b) => b >= 0x20 || b === 9 || b === 10 || b === 13);
  return isText ? "text" : "data of an unknown format";
}
