// The ordered table of container readers, and the one way to open a file.
import { isArchive, readArchive } from "./ar.ts";
import { InputError } from "./bytes.ts";
import { elf } from "./elf.ts";
import { type Executable, type FormatRange, IMAGE_LIMIT, type Reader } from "./executable.ts";
import { fatHeaderSize, fatSlices, isFat } from "./fat.ts";
import { macho } from "./macho.ts";
import { pe } from "./pe.ts";
import { Structure } from "./structure.ts";
import { wasm } from "./wasm.ts";

/** In order: the first reader that detects its format opens the file. */
export const readers: readonly Reader[] = [elf, macho, pe, wasm];

/**
 * Opens one executable. Throws InputError with one line that says what is wrong: empty, too big, truncated, or what the file
 * looks like if it is no executable. A file that holds several (fat, archive) is opened member by member: see openContainer.
 */
export function openExecutable(bytes: Uint8Array): Executable {
  checkSize(bytes);
  const reader = readers.find((r) => r.detect(bytes));
  if (!reader) throw new InputError(`the file cannot be read: it looks like ${looksLike(bytes)}`);
  // Node's Buffer is a Uint8Array whose slice() does not copy: readers get the plain kind.
  return reader.open(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

/** A file of several executables. Every byte is a member's, the structure's, or padding between them. */
export interface Container {
  readonly format: "fat" | "archive";
  /** In file order, disjoint; name is the GOARCH of a slice, the file name of an archive's member. */
  readonly members: readonly { readonly name: string; readonly offset: number; readonly size: number }[];
  readonly structure: readonly FormatRange[];
}

/** The members of a universal Mach-O file or of a static library; undefined if the file is neither. Throws InputError if it is damaged. */
export function openContainer(bytes: Uint8Array): Container | undefined {
  checkSize(bytes);
  if (isFat(bytes)) {
    const structure = new Structure(bytes.length);
    structure.add(0, fatHeaderSize(bytes), "header", "fat header");
    const members = fatSlices(bytes).map(({ arch, offset, size }) => ({ name: arch, offset, size }));
    return { format: "fat", members, structure: structure.done() };
  }
  return isArchive(bytes) ? { format: "archive", ...readArchive(bytes) } : undefined;
}

function checkSize(bytes: Uint8Array): void {
  if (bytes.length === 0) throw new InputError("the file is empty");
  if (bytes.length >= IMAGE_LIMIT) throw new InputError("the file is 4 GiB or more");
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
  ["!<arch>\n", "an archive, whose members are executables or objects"],
  ["!<thin>\n", "a thin archive, whose members are other files"],
  ["\x01\xf7", "an AIX executable (XCOFF)"],
  ["\0\0\x8a\x97", "a Plan 9 executable"],
  ["\0\0\x01\xeb", "a Plan 9 executable"],
  ["\0\0\x06\x47", "a Plan 9 executable"],
  ["%PDF", "a PDF file"],
  ["\x89PNG", "a PNG image"],
];

/** Whether the first few KiB of a file are those of something that can be opened. */
export function mayBeExecutable(head: Uint8Array): boolean {
  return readers.some((r) => r.detect(head)) || isFat(head) || isArchive(head);
}

/** What bytes that are no executable look like: "a tar archive". */
export function looksLike(bytes: Uint8Array): string {
  for (const [magic, name] of KNOWN) {
    if (magic.length <= bytes.length && [...magic].every((c, i) => c.charCodeAt(0) === bytes[i])) return name;
  }
  const head = bytes.subarray(0, 512);
  if (head.length > 262 && String.fromCharCode(...head.subarray(257, 262)) === "ustar") return "a tar archive";
  if (head.every((b) => b === 0)) return "zeros";
  const isText = head.every((b) => b >= 0x20 || b === 9 || b === 10 || b === 13);
  return isText ? "text" : "data of an unknown format";
}
