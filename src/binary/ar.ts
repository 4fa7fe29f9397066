// Static libraries (c-archive). Specification: ar(5) in its GNU and BSD variants, Microsoft's "PE Format" (Archive File Format).
import { Bytes, InputError, text } from "./bytes.ts";
import type { FormatRange } from "./executable.ts";
import { StringTable } from "./stringtable.ts";
import { Structure } from "./structure.ts";

/** One object of an archive: a file range. */
export interface ArMember {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

const MAGIC = "!<arch>\n";
const HEADER = 60;
const MAX_NAME = 256;

export function isArchive(bytes: Uint8Array): boolean {
  return bytes.length >= MAGIC.length && text(bytes.subarray(0, MAGIC.length)) === MAGIC;
}

/** A decimal field, padded with blanks; NaN if it is none. */
function decimal(field: string): number {
  const digits = field.trimEnd();
  return /^\d{1,10}$/.test(digits) ? Number(digits) : NaN;
}

/**
 * The members of an archive, and the ranges that belong to the archive itself (headers, its symbol index, long names, padding).
 * Throws InputError for a damaged archive, and for one that the Go compiler wrote, which holds no machine code that is linked yet.
 */
export function readArchive(data: Uint8Array): { members: ArMember[]; structure: FormatRange[] } {
  const bytes = new Bytes(data);
  const members: ArMember[] = [];
  const structure = new Structure(data.length);
  structure.add(0, MAGIC.length, "header", "archive header");
  let longNames: StringTable | undefined;
  let at = MAGIC.length;
  while (at < data.length) {
    if (at + HEADER > data.length)
      throw new InputError("the file is truncated: it ends inside a member's header", `offset ${at}`);
    const header = text(bytes.slice(at, HEADER));
    const size = decimal(header.slice(48, 58));
    if (header.length !== HEADER || !header.endsWith("`\n") || Number.isNaN(size)) {
      throw new InputError("a member's header is damaged", `offset ${at}`);
    }
    let offset = at + HEADER;
    const end = offset + size;
    if (end > data.length) {
      throw new InputError(
        `the file is truncated: a member ends at byte ${end}, the file at ${data.length}`,
        `offset ${at}`,
      );
    }
    structure.add(at, HEADER, "header", "member headers");
    let name = header.slice(0, 16).trimEnd();
    if (name === "__.PKGDEF" || name === "_go_.o") {
      throw new InputError("this is a Go package archive (what the compiler writes), not an executable");
    }
    if (name.startsWith("#1/")) {
      // BSD: the name stands in front of the contents.
      const length = decimal(name.slice(3));
      if (!(length <= size)) throw new InputError("a member's name is damaged", `offset ${at}`);
      structure.add(offset, length, "header", "member headers");
      name = bytes.cstring(offset, Math.min(length, MAX_NAME));
      offset += length;
    }
    if (name === "/" || name === "/SYM64/" || name.startsWith("__.SYMDEF")) {
      structure.add(offset, end - offset, "symtab", "archive symbol index");
    } else if (name === "//") {
      longNames = new StringTable(bytes, offset, end - offset);
      structure.add(offset, end - offset, "header", "long member names");
    } else {
      const long = /^\/(\d{1,10})$/.exec(name);
      if (long && longNames) name = longNames.name(Number(long[1]), MAX_NAME).split("\n", 1)[0];
      members.push({ name: name.replace(/\/$/, ""), offset, size: end - offset });
    }
    at = end + (end & 1);
    structure.add(end, at - end, "padding", "member alignment");
  }
  return { members, structure: structure.done() };
}
