// Mach-O executables, libraries and objects. Specification: Apple's <mach-o/loader.h>; GOROOT/src/debug/macho; what Go writes:
// GOROOT/src/cmd/link/internal/ld/macho.go.
import { Bytes, InputError } from "./bytes.ts";
import { gnuCompression } from "./compression.ts";
import { type Executable, type Reader, type Region, type Relocations, type SymbolTable } from "./executable.ts";
import { layOut } from "./image.ts";
import { chainedSlots, readRebases, readSectionRelocations, slotRelocations } from "./machofixups.ts";
import { linkMachoObject } from "./macholink.ts";
import { readMachoSymbols } from "./machosymbols.ts";
import { upxMark } from "./packer.ts";
import { Structure } from "./structure.ts";

const MH_OBJECT = 1;
const MH_EXECUTE = 2;
const MH_CORE = 4;
const MH_DYLIB = 6;
const MH_BUNDLE = 8;
const MH_DSYM = 10;
const MH_PIE = 0x20_0000;
const LC_SEGMENT = 0x1;
const LC_SYMTAB = 0x2;
const LC_DYSYMTAB = 0xb;
const LC_LOAD_DYLIB = 0xc;
const LC_SEGMENT_64 = 0x19;
const LC_UUID = 0x1b;
const LC_CODE_SIGNATURE = 0x1d;
const LC_ENCRYPTION_INFO = 0x21;
const LC_DYLD_INFO = 0x22;
const LC_VERSION_MIN_IPHONEOS = 0x25;
const LC_ENCRYPTION_INFO_64 = 0x2c;
const LC_BUILD_VERSION = 0x32;
const LC_LOAD_WEAK_DYLIB = 0x8000_0018;
const LC_REEXPORT_DYLIB = 0x8000_001f;
const LC_DYLD_INFO_ONLY = 0x8000_0022;
const LC_DYLD_CHAINED_FIXUPS = 0x8000_0034;
/** Real files have some thirty. */
const MAX_COMMANDS = 4096;
const SG_READ_ONLY = 0x10;
const SECTION_TYPE = 0xff;
const S_ATTR_DEBUG = 0x0200_0000;
const S_ATTR_INSTRUCTIONS = 0x8000_0400;
const PLATFORMS_IOS = new Set([2, 7]);

/** Commands that are a file offset and a size (linkedit_data_command). */
const LINKEDIT: Readonly<Record<number, readonly ["header" | "symtab" | "relocation" | "signature", string]>> = {
  [LC_CODE_SIGNATURE]: ["signature", "code signature"],
  0x1e: ["header", "segment split info"],
  0x26: ["header", "function starts"],
  0x29: ["header", "data in code"],
  0x2b: ["signature", "code signing requirements"],
  0x2e: ["header", "linker optimization hints"],
  0x8000_0033: ["symtab", "export trie"],
  [LC_DYLD_CHAINED_FIXUPS]: ["relocation", "chained fixups"],
};

export const CPUS: Readonly<Record<number, string>> = {
  7: "386",
  12: "arm",
  18: "ppc",
  0x0100_0007: "amd64",
  0x0100_000c: "arm64",
  0x0100_0012: "ppc64",
  0x0200_000c: "arm64_32",
};

export interface MachoSegment {
  readonly name: string;
  readonly address: number;
  readonly memSize: number;
  readonly offset: number;
  readonly fileSize: number;
  readonly protection: number;
  /** Made read-only once the fixups are applied (__DATA_CONST). */
  readonly constant: boolean;
}

export interface MachoSection {
  readonly name: string;
  readonly segment: string;
  readonly address: number;
  readonly size: number;
  readonly offset: number;
  readonly zeroFill: boolean;
  readonly relocationsAt: number;
  readonly relocationCount: number;
  readonly flags: number;
  /** -1 if it is not loaded. */
  rva: number;
}

interface Command {
  readonly type: number;
  readonly at: number;
  readonly size: number;
}

function readCommands(bytes: Bytes, start: number): { commands: Command[]; end: number } {
  const count = bytes.u32(16);
  const end = start + bytes.u32(20);
  if (end > bytes.length)
    throw new InputError("the file is truncated: it ends inside the load commands", `offset ${start}`);
  if (count > MAX_COMMANDS) throw new InputError(`the file has ${count} load commands`, "offset 16");
  const commands: Command[] = [];
  let at = start;
  for (let i = 0; i < count && at + 8 <= end; i++) {
    const size = bytes.u32(at + 4);
    if (size < 8 || at + size > end) throw new InputError("a load command is damaged", `offset ${at}`);
    commands.push({ type: bytes.u32(at), at, size });
    at += size;
  }
  if (commands.length < count) throw new InputError("the load commands are damaged", `offset ${at}`);
  return { commands, end };
}

function readSegment(bytes: Bytes, c: Command, wide: boolean): { segment: MachoSegment; sections: MachoSection[] } {
  const word = wide ? 8 : 4;
  const head = wide ? 72 : 56;
  const sectionSize = wide ? 80 : 68;
  if (c.size < head) throw new InputError("a segment command is damaged", `offset ${c.at}`);
  const segment: MachoSegment = {
    name: bytes.cstring(c.at + 8, 16),
    address: bytes.word(c.at + 24, word),
    memSize: bytes.word(c.at + 24 + word, word),
    offset: bytes.word(c.at + 24 + 2 * word, word),
    fileSize: bytes.word(c.at + 24 + 3 * word, word),
    protection: bytes.u32(c.at + head - 12),
    constant: (bytes.u32(c.at + head - 4) & SG_READ_ONLY) !== 0,
  };
  const count = bytes.u32(c.at + head - 8);
  if (head + count * sectionSize > c.size) throw new InputError("a segment command is damaged", `offset ${c.at}`);
  const sections = Array.from({ length: count }, (_, i): MachoSection => {
    const at = c.at + head + i * sectionSize;
    const rest = at + 32 + 2 * word;
    const flags = bytes.u32(rest + 16);
    return {
      name: bytes.cstring(at, 16),
      segment: bytes.cstring(at + 16, 16),
      address: bytes.word(at + 32, word),
      size: bytes.word(at + 32 + word, word),
      offset: bytes.u32(rest),
      relocationsAt: bytes.u32(rest + 8),
      relocationCount: bytes.u32(rest + 12),
      flags,
      zeroFill: [0x1, 0xc, 0x12].includes(flags & SECTION_TYPE),
      rva: -1,
    };
  });
  return { segment, sections };
}

const isDebug = (s: MachoSection): boolean => (s.flags & S_ATTR_DEBUG) !== 0 || s.segment === "__DWARF";

/** The image: segments that are mapped and hold the program; in an object, its sections, which have addresses too. */
function layOutMacho(
  data: Uint8Array,
  type: number,
  segments: readonly MachoSegment[],
  sections: readonly MachoSection[],
): { imageBase: number; regions: Region[] } {
  const image =
    type === MH_OBJECT
      ? layOut(
          data,
          sections
            .filter((s) => !isDebug(s))
            .map((s, i) => ({
              address: s.address,
              memSize: s.size,
              offset: s.offset,
              fileSize: s.zeroFill ? 0 : s.size,
              executable: (s.flags & S_ATTR_INSTRUCTIONS) !== 0,
              writable: s.segment === "__DATA",
              name: `section ${i}`,
            })),
          0,
        )
      : layOut(
          data,
          segments
            .filter((s) => s.protection !== 0 && s.name !== "__LINKEDIT" && s.name !== "__DWARF")
            .map((s, i) => ({
              ...s,
              executable: (s.protection & 4) !== 0,
              writable: (s.protection & 2) !== 0 && !s.constant,
              name: `segment ${i}`,
            })),
        );
  const { regions, imageBase } = image;
  for (const s of sections) {
    const rva = s.address - imageBase;
    if (!isDebug(s) && regions.some((r) => rva >= r.rva && rva + s.size <= r.rva + r.memSize)) s.rva = rva;
  }
  return image;
}

function checkObject(bytes: Bytes, sections: readonly MachoSection[], symbolsEnd: number): void {
  if (symbolsEnd > bytes.length) throw new InputError("the file is truncated: it ends inside the symbol table");
  const count = sections.reduce((sum, s) => sum + s.relocationCount, 0);
  const end = sections.reduce((max, s) => Math.max(max, s.relocationsAt + s.relocationCount * 8), 0);
  if (count * 8 > bytes.length || end > bytes.length) {
    throw new InputError("the sections announce more relocations than the file holds");
  }
}

function open(data: Uint8Array): Executable {
  if (data.length < 28) throw new InputError("the file is truncated: it ends inside the Mach-O header");
  const littleEndian = data[3] === 0xfe;
  const bytes = new Bytes(data, littleEndian);
  const wide = (bytes.u32(0) & 1) === 1;
  const cpu = bytes.u32(4);
  const type = bytes.u32(12);
  const flags = bytes.u32(24);
  if (type === MH_CORE) throw new InputError("this is a core dump, not an executable");
  if (type === MH_DSYM) throw new InputError("this is a dSYM file: debug information without its program");
  if (type !== MH_OBJECT && type !== MH_EXECUTE && type !== MH_DYLIB && type !== MH_BUNDLE) {
    throw new InputError(`this Mach-O file is of an unknown type (${type})`, "offset 12");
  }
  const headerSize = wide ? 32 : 28;
  const { commands, end: commandsEnd } = readCommands(bytes, headerSize);

  const warnings: string[] = [];
  const structure = new Structure(data.length);
  const tables = new Structure(data.length);
  structure.add(0, headerSize, "header", "Mach-O header");
  structure.add(headerSize, commandsEnd - headerSize, "header", "load commands");
  const segments: MachoSegment[] = [];
  const sections: MachoSection[] = [];
  let symtab: Command | undefined;
  let rebase = { start: 0, end: 0 };
  let chained: { start: number; end: number } | undefined;
  let os = "darwin";
  let buildId: string | undefined;
  let dynamic = false;
  const need = (c: Command, size: number): void => {
    if (c.size < size) throw new InputError("a load command is damaged", `offset ${c.at}`);
  };
  for (const c of commands) {
    const linkedit = LINKEDIT[c.type];
    if (linkedit) {
      need(c, 16);
      const start = bytes.u32(c.at + 8);
      const length = bytes.u32(c.at + 12);
      structure.add(start, length, linkedit[0], linkedit[1]);
      if (c.type === LC_DYLD_CHAINED_FIXUPS) chained = { start, end: start + length };
      continue;
    }
    switch (c.type) {
      case LC_SEGMENT:
      case LC_SEGMENT_64: {
        const read = readSegment(bytes, c, c.type === LC_SEGMENT_64);
        segments.push(read.segment);
        for (const s of read.sections) sections.push(s);
        break;
      }
      case LC_SYMTAB:
        need(c, 24);
        symtab = c;
        tables.add(bytes.u32(c.at + 8), bytes.u32(c.at + 12) * (wide ? 16 : 12), "symtab", "symbol table");
        tables.add(bytes.u32(c.at + 16), bytes.u32(c.at + 20), "symtab", "symbol names");
        break;
      case LC_DYSYMTAB:
        need(c, 80);
        structure.add(bytes.u32(c.at + 56), bytes.u32(c.at + 60) * 4, "symtab", "indirect symbol table");
        break;
      case LC_DYLD_INFO:
      case LC_DYLD_INFO_ONLY: {
        need(c, 48);
        const [rebaseAt, rebaseSize, ...rest] = Array.from({ length: 10 }, (_, i) => bytes.u32(c.at + 8 + i * 4));
        rebase = { start: rebaseAt, end: rebaseAt + rebaseSize };
        tables.add(rebaseAt, rebaseSize, "relocation", "rebase opcodes");
        for (let i = 0; i < 6; i += 2) structure.add(rest[i], rest[i + 1], "relocation", "binding opcodes");
        structure.add(rest[6], rest[7], "symtab", "export trie");
        break;
      }
      case LC_UUID:
        need(c, 24);
        buildId = Array.from(bytes.slice(c.at + 8, 16), (b) => b.toString(16).padStart(2, "0")).join("");
        break;
      case LC_BUILD_VERSION:
        need(c, 24);
        if (PLATFORMS_IOS.has(bytes.u32(c.at + 8))) os = "ios";
        break;
      case LC_VERSION_MIN_IPHONEOS:
        os = "ios";
        break;
      case LC_LOAD_DYLIB:
      case LC_LOAD_WEAK_DYLIB:
      case LC_REEXPORT_DYLIB: {
        need(c, 24);
        const at = Math.min(bytes.u32(c.at + 8), c.size);
        const name = bytes.cstring(c.at + at, c.size - at);
        // What comes with the system is always there.
        if (!name.startsWith("/usr/lib/") && !name.startsWith("/System/")) dynamic = true;
        break;
      }
      case LC_ENCRYPTION_INFO:
      case LC_ENCRYPTION_INFO_64:
        need(c, 20);
        if (bytes.u32(c.at + 16) !== 0) warnings.push("the program's code is encrypted");
        break;
    }
  }
  for (const [i, s] of sections.entries()) {
    if (!s.zeroFill && s.offset + s.size > data.length) {
      throw new InputError(
        `the file is truncated: section ${i} ends at byte ${s.offset + s.size}, the file at ${data.length}`,
        `section ${i}`,
      );
    }
  }
  const { imageBase, regions } = layOutMacho(data, type, segments, sections);
  if (type !== MH_OBJECT && !regions.some((r) => r.bytes.length > 0))
    throw new InputError("the Mach-O file has nothing to load", "load commands");
  const firstSection = sections.reduce(
    (min, s) => (!s.zeroFill && s.size > 0 && s.offset >= commandsEnd ? Math.min(min, s.offset) : min),
    data.length,
  );
  structure.add(commandsEnd, firstSection - commandsEnd, "padding", "room for load commands");
  for (const s of sections) tables.add(s.relocationsAt, s.relocationCount * 8, "relocation", "relocations");

  if (type === MH_OBJECT && wide && littleEndian && symtab) {
    const symbolsAt = bytes.u32(symtab.at + 8);
    const symbolCount = bytes.u32(symtab.at + 12);
    checkObject(bytes, sections, symbolsAt + symbolCount * 16);
    linkMachoObject({ bytes, cpu, sections, regions, symbolsAt, symbolCount });
  }
  // Chained fixups are the pointers themselves, so that the image is readable only once they are decoded.
  const slots = chained && chainedSlots({ bytes, regions, segments, imageBase, range: chained });
  const readRelocations = (): Relocations => {
    if (type === MH_OBJECT) return readSectionRelocations(bytes, sections);
    if (slots) return slotRelocations(slots);
    return readRebases({ bytes, regions, segments, imageBase, range: rebase, ptrSize: wide ? 8 : 4 });
  };
  let symbols: SymbolTable | undefined;
  let relocations: Relocations | undefined;
  const packed = upxMark(data, commandsEnd, commandsEnd + 512) && upxMark(data, data.length - 64, data.length);
  return {
    format: "macho",
    os,
    arch: CPUS[cpu] ?? `mach-cpu-${cpu}`,
    ptrSize: wide ? 8 : 4,
    littleEndian,
    bytes: data,
    imageBase,
    regions,
    sections: sections.map((s) => {
      const compressed = s.name.startsWith("__zdebug_") ? gnuCompression(data, s.offset, s.size, warnings) : undefined;
      return {
        name: s.name,
        rva: s.rva,
        size: s.size,
        offset: s.zeroFill ? 0 : s.offset,
        fileSize: s.zeroFill ? 0 : s.size,
        executable: (s.flags & S_ATTR_INSTRUCTIONS) !== 0,
        writable: s.segment === "__DATA",
        ...(compressed && { compressed }),
      };
    }),
    structure: structure.done(),
    tables: tables.done(),
    symbols: () => (symbols ??= readMachoSymbols(bytes, wide, symtab?.at, sections, imageBase)),
    relocations: () => (relocations ??= readRelocations()),
    pie: (flags & MH_PIE) !== 0,
    dynamic,
    type: type === MH_OBJECT ? "object" : type === MH_EXECUTE ? "exe" : "shared",
    ...(buildId && { buildId }),
    ...(packed && { packed: "UPX" }),
    warnings,
  };
}

export const macho: Reader = {
  name: "macho",
  detect: (b) =>
    b.length >= 4 &&
    (((b[0] === 0xce || b[0] === 0xcf) && b[1] === 0xfa && b[2] === 0xed && b[3] === 0xfe) ||
      (b[0] === 0xfe && b[1] === 0xed && b[2] === 0xfa && (b[3] === 0xce || b[3] === 0xcf))),
  open,
};
