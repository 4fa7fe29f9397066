// ELF executables, shared objects and relocatable objects. Specification: the System V gABI; GOROOT/src/debug/elf/elf.go;
// what Go writes: GOROOT/src/cmd/link/internal/ld/elf.go.
import { type Bytes, InputError } from "./bytes.ts";
import { checkedCompression, gnuCompression } from "./compression.ts";
import { type Dynamic, readDynamic } from "./elfdynamic.ts";
import {
  type ElfFile,
  ET_REL,
  type Headers,
  type ProgramHeader,
  readHeaders,
  type SectionHeader,
  SHF_ALLOC,
  SHF_COMPRESSED,
  SHT_NOBITS,
  SHT_NULL,
  SHT_STRTAB,
} from "./elfheaders.ts";
import { linkObject } from "./elflink.ts";
import { applyRelative, readRelocations, relocationTables } from "./elfrelocations.ts";
import { readSymbols, type SymbolSource } from "./elfsymbols.ts";
import {
  type Executable,
  type Reader,
  type Region,
  type Relocations,
  type Section,
  type SymbolTable,
} from "./executable.ts";
import { layOut, layOutObject, type Segment } from "./image.ts";
import { upxMark } from "./packer.ts";
import { Structure } from "./structure.ts";

const ET_EXEC = 2;
const ET_DYN = 3;
const ET_CORE = 4;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const PT_NOTE = 4;
const SHT_SYMTAB = 2;
const SHT_HASH = 5;
const SHT_DYNAMIC = 6;
const SHT_NOTE = 7;
const SHT_DYNSYM = 11;
const SHT_GROUP = 17;
const SHT_SYMTAB_SHNDX = 18;
const SHT_GNU_HASH = 0x6fff_fff6;
const SHT_GNU_VERDEF = 0x6fff_fffd;
const SHT_GNU_VERNEED = 0x6fff_fffe;
const SHT_GNU_VERSYM = 0x6fff_ffff;
const SHF_WRITE = 1;
const SHF_EXECINSTR = 4;
const SHF_TLS = 0x400;

function arch(machine: number, wide: boolean, littleEndian: boolean): string {
  switch (machine) {
    case 3:
      return "386";
    case 8:
      return `mips${wide ? "64" : ""}${littleEndian ? "le" : ""}`;
    case 20:
      return "ppc";
    case 21:
      return littleEndian ? "ppc64le" : "ppc64";
    case 22:
      return wide ? "s390x" : "s390";
    case 40:
      return littleEndian ? "arm" : "armbe";
    case 43:
      return "sparc64";
    case 62:
      return wide ? "amd64" : "amd64p32";
    case 183:
      return littleEndian ? "arm64" : "arm64be";
    case 243:
      return wide ? "riscv64" : "riscv";
    case 258:
      return wide ? "loong64" : "loong32";
    default:
      return `elf-machine-${machine}`;
  }
}

const OS_BY_ABI: Readonly<Record<number, string>> = {
  2: "netbsd",
  3: "linux",
  6: "solaris",
  9: "freebsd",
  12: "openbsd",
};
const OS_BY_NOTE: Readonly<Record<string, string>> = {
  NetBSD: "netbsd",
  OpenBSD: "openbsd",
  FreeBSD: "freebsd",
  DragonFly: "dragonfly",
  Android: "android",
};
const OS_BY_INTERPRETER: readonly (readonly [RegExp, string])[] = [
  [/^\/system\/bin\/linker/, "android"],
  [/^\/usr\/libexec\/ld-elf\.so/, "dragonfly"],
  [/^\/libexec\/ld-elf/, "freebsd"],
  [/^\/usr\/libexec\/ld\.elf_so/, "netbsd"],
  [/^\/usr\/libexec\/ld\.so/, "openbsd"],
  [/^(\/usr)?\/lib\/(amd64\/|64\/)?ld\.so\.1$/, "solaris"],
];

interface Note {
  readonly owner: string;
  readonly type: number;
  readonly offset: number;
  readonly size: number;
}

const MAX_NOTES = 64;

/** The notes in a file range; stops at the first that is malformed. */
function notesIn(bytes: Bytes, start: number, end: number): Note[] {
  const out: Note[] = [];
  let at = start;
  while (at + 12 <= end && out.length < MAX_NOTES) {
    const nameSize = bytes.u32(at);
    const size = bytes.u32(at + 4);
    const offset = at + 12 + ((nameSize + 3) & ~3);
    if (nameSize > 64 || offset + size > end) break;
    out.push({ owner: bytes.cstring(at + 12, nameSize), type: bytes.u32(at + 8), offset, size });
    at = offset + Math.ceil(size / 4) * 4;
  }
  return out;
}

const isLoaded = (s: SectionHeader): boolean =>
  (s.flags & SHF_ALLOC) !== 0 && !(s.type === SHT_NOBITS && (s.flags & SHF_TLS) !== 0);

/** Regions of an executable or shared object: its PT_LOAD segments, or its sections if it has no program headers. */
function layOutImage(headers: Headers): { imageBase: number; regions: Region[] } {
  const { bytes, programs, sections } = headers;
  const segments: Segment[] = programs
    .map((p, i) => ({ p, name: `segment ${i}` }))
    .filter(({ p }) => p.type === PT_LOAD)
    .map(({ p, name }) => ({ ...p, executable: (p.flags & 1) !== 0, writable: (p.flags & 2) !== 0, name }));
  if (programs.length === 0) {
    for (const [i, s] of sections.entries()) {
      if (!isLoaded(s) || s.type === SHT_NULL) continue;
      segments.push({
        address: s.address,
        memSize: s.size,
        offset: s.offset,
        fileSize: s.type === SHT_NOBITS ? 0 : s.size,
        executable: (s.flags & SHF_EXECINSTR) !== 0,
        writable: (s.flags & SHF_WRITE) !== 0,
        name: `section ${i}`,
      });
    }
  }
  if (!segments.some((s) => s.fileSize > 0))
    throw new InputError("the ELF file has nothing to load", "program headers");
  const image = layOut(bytes.data, segments);
  const last = image.regions.at(-1);
  const end = last ? last.rva + last.memSize : 0;
  for (const s of sections) {
    const rva = s.address - image.imageBase;
    if (isLoaded(s) && s.type !== SHT_NULL && rva >= 0 && rva + s.size <= end) s.rva = rva;
  }
  return image;
}

function layOutRelocatable(headers: Headers): { imageBase: number; regions: Region[] } {
  const loaded = headers.sections
    .map((s, i) => ({ s, name: `section ${i}` }))
    .filter(({ s }) => isLoaded(s) && s.type !== SHT_NULL);
  const { regions, rva } = layOutObject(
    headers.bytes.data,
    loaded.map(({ s, name }) => ({
      memSize: s.size,
      offset: s.offset,
      fileSize: s.type === SHT_NOBITS ? 0 : s.size,
      align: s.align,
      executable: (s.flags & SHF_EXECINSTR) !== 0,
      writable: (s.flags & SHF_WRITE) !== 0,
      name,
    })),
  );
  for (const [i, { s }] of loaded.entries()) s.rva = rva[i];
  return { imageBase: 0, regions };
}

/** Decompressed length and method of a compressed section, from its ELF or old GNU header. */
function compression(file: ElfFile, s: SectionHeader, warnings: string[]): Section["compressed"] {
  const { bytes, wide } = file;
  if ((s.flags & SHF_COMPRESSED) === 0) {
    return s.name.startsWith(".zdebug_") ? gnuCompression(bytes.data, s.offset, s.size, warnings) : undefined;
  }
  const headerSize = wide ? 24 : 12;
  if (s.size < headerSize) return undefined;
  const type = bytes.u32(s.offset);
  if (type !== 1 && type !== 2) {
    warnings.push(`a section is compressed by an unknown method (${type})`);
    return undefined;
  }
  const rawSize = wide ? bytes.u64(s.offset + 8) : bytes.u32(s.offset + 4);
  return checkedCompression({ rawSize, headerSize, method: type === 2 ? "zstd" : "zlib" }, s.size, warnings);
}

const STRUCTURE_BY_TYPE: Readonly<Record<number, readonly ["header" | "symtab", string]>> = {
  [SHT_NOTE]: ["header", "notes"],
  [SHT_DYNAMIC]: ["header", "dynamic section"],
  [SHT_GROUP]: ["header", "section groups"],
  [SHT_HASH]: ["symtab", "symbol hash table"],
  [SHT_GNU_HASH]: ["symtab", "symbol hash table"],
  [SHT_GNU_VERDEF]: ["symtab", "symbol versions"],
  [SHT_GNU_VERNEED]: ["symtab", "symbol versions"],
  [SHT_GNU_VERSYM]: ["symtab", "symbol versions"],
  [SHT_SYMTAB_SHNDX]: ["symtab", "section indices of symbols"],
};

function structureOf(headers: Headers, symbolStrings: Set<number>): Structure {
  const { bytes, wide, programs, sections, nameSection } = headers;
  const out = new Structure(bytes.length);
  out.add(0, wide ? 64 : 52, "header", "ELF header");
  out.add(headers.programTable.start, headers.programTable.length, "header", "program headers");
  out.add(headers.sectionTable.start, headers.sectionTable.length, "header", "section headers");
  for (const p of programs) {
    if (p.type === PT_INTERP) out.add(p.offset, p.fileSize, "header", "interpreter");
    else if (p.type === PT_NOTE) out.add(p.offset, p.fileSize, "header", "notes");
    else if (p.type === PT_DYNAMIC) out.add(p.offset, p.fileSize, "header", "dynamic section");
  }
  for (const [i, s] of sections.entries()) {
    const known = STRUCTURE_BY_TYPE[s.type];
    if (known) out.add(s.offset, s.size, known[0], known[1]);
    // A linker may put section names and symbol names into one table: then it belongs to the symbols.
    else if (i === nameSection && !symbolStrings.has(i)) out.add(s.offset, s.size, "header", "section names");
  }
  return out;
}

/** "UPX!" stands behind the program headers (l_info) and in the file's last bytes; UPX writes no section table. */
function packer(headers: Headers): string | undefined {
  const { data } = headers.bytes;
  if (headers.sections.length > 0) return undefined;
  const behind = headers.programTable.start + headers.programTable.length;
  return upxMark(data, behind, behind + 512) || upxMark(data, data.length - 64, data.length) ? "UPX" : undefined;
}

function osOf(headers: Headers, notes: readonly Note[], interpreter: string): string {
  const byAbi = OS_BY_ABI[headers.abi];
  if (byAbi && byAbi !== "linux") return byAbi;
  for (const note of notes) if (Object.hasOwn(OS_BY_NOTE, note.owner)) return OS_BY_NOTE[note.owner];
  for (const [pattern, os] of OS_BY_INTERPRETER) if (pattern.test(interpreter)) return os;
  return "linux";
}

function buildIdOf(bytes: Bytes, notes: readonly Note[]): string | undefined {
  const note = notes.find((n) => n.owner === "GNU" && n.type === 3 && n.size > 0 && n.size <= 64);
  if (!note) return undefined;
  return Array.from(bytes.slice(note.offset, note.size), (b) => b.toString(16).padStart(2, "0")).join("");
}

/** Where symbols() reads from: .symtab, else .dynsym, else what the dynamic section points to. */
function symbolSource(sections: readonly SectionHeader[], dynamic: Dynamic): SymbolSource | undefined {
  for (const type of [SHT_SYMTAB, SHT_DYNSYM]) {
    const index = sections.findIndex((s) => s.type === type && s.size > 0);
    const table = sections[index];
    const strings = table && sections[table.link];
    if (!strings || strings.type !== SHT_STRTAB) continue;
    const wideIndices = sections.find((s) => s.type === SHT_SYMTAB_SHNDX && s.link === index);
    return {
      offset: table.offset,
      size: table.size,
      stringsOffset: strings.offset,
      stringsSize: strings.size,
      ...(wideIndices && { indicesOffset: wideIndices.offset, indicesSize: wideIndices.size }),
    };
  }
  return dynamic.symbols;
}

function open(data: Uint8Array): Executable {
  const warnings: string[] = [];
  const headers = readHeaders(data, warnings);
  const { bytes, wide, type, machine, programs, sections } = headers;
  if (type === ET_CORE) throw new InputError("this is a core dump, not an executable");
  if (type !== ET_REL && type !== ET_EXEC && type !== ET_DYN) {
    throw new InputError(`this ELF file is of an unknown type (${type})`, "offset 16");
  }
  const image = type === ET_REL ? layOutRelocatable(headers) : layOutImage(headers);
  const file: ElfFile = { bytes, wide, machine, type, programs, sections, ...image };

  const rangeOf = (p: ProgramHeader): readonly [number, number] => [
    Math.min(p.offset, data.length),
    Math.min(p.offset + p.fileSize, data.length),
  ];
  const noteRanges = programs.filter((p) => p.type === PT_NOTE).map(rangeOf);
  // Go's own linker puts only its build ID into the segment; the GNU build ID is found by its section.
  for (const s of sections) if (s.type === SHT_NOTE) noteRanges.push([s.offset, s.offset + s.size]);
  const notes = noteRanges.slice(0, MAX_NOTES).flatMap(([start, end]) => notesIn(bytes, start, end));
  const interp = programs.find((p) => p.type === PT_INTERP);
  const interpreter = interp ? bytes.cstring(rangeOf(interp)[0], Math.min(interp.fileSize, 4096)) : "";
  const dynamicSegment = programs.find((p) => p.type === PT_DYNAMIC);
  const dynamic = readDynamic(file, dynamicSegment ? rangeOf(dynamicSegment) : undefined);

  const source = symbolSource(sections, dynamic);
  const relocationSources = relocationTables(file, dynamic);
  const symbolStrings = new Set<number>();
  const tables = new Structure(data.length);
  for (const s of sections) {
    if (s.type !== SHT_SYMTAB && s.type !== SHT_DYNSYM) continue;
    symbolStrings.add(s.link);
    tables.add(s.offset, s.size, "symtab", s.type === SHT_SYMTAB ? "symbol table" : "dynamic symbol table");
    const strings = sections[s.link];
    if (strings?.type === SHT_STRTAB) {
      tables.add(
        strings.offset,
        strings.size,
        "symtab",
        s.type === SHT_SYMTAB ? "symbol names" : "dynamic symbol names",
      );
    }
  }
  if (sections.length === 0 && source) {
    tables.add(source.offset, source.size, "symtab", "dynamic symbol table");
    tables.add(source.stringsOffset, source.stringsSize, "symtab", "dynamic symbol names");
  }
  for (const t of relocationSources) tables.add(t.offset, t.size, "relocation", "relocations");
  const structure = structureOf(headers, symbolStrings);

  if (type === ET_REL) linkObject(file, relocationSources, source);
  else applyRelative(file, relocationSources, dynamic.symbols);

  let symbols: SymbolTable | undefined;
  let relocations: Relocations | undefined;
  const buildId = buildIdOf(bytes, notes);
  const packed = packer(headers);
  const pie = type === ET_DYN && (dynamic.pie || (interp !== undefined && !dynamic.soname));
  return {
    format: "elf",
    os: osOf(headers, notes, interpreter),
    arch: arch(machine, wide, bytes.littleEndian),
    ptrSize: wide ? 8 : 4,
    littleEndian: bytes.littleEndian,
    bytes: data,
    imageBase: file.imageBase,
    regions: file.regions,
    sections: sections
      .filter((s) => s.type !== SHT_NULL)
      .map((s) => {
        const compressed = s.type === SHT_NOBITS ? undefined : compression(file, s, warnings);
        return {
          name: s.name,
          rva: s.rva,
          size: s.size,
          offset: Math.min(s.offset, data.length),
          fileSize: s.type === SHT_NOBITS ? 0 : s.size,
          executable: (s.flags & SHF_EXECINSTR) !== 0,
          writable: (s.flags & SHF_WRITE) !== 0,
          ...(compressed && { compressed }),
        };
      }),
    structure: structure.done(),
    tables: tables.done(),
    symbols: () => (symbols ??= readSymbols(file, source)),
    relocations: () => (relocations ??= readRelocations(file, relocationSources)),
    pie,
    dynamic: interp !== undefined || dynamic.libraries.length > 0,
    interpreter,
    libraries: dynamic.libraries,
    type: type === ET_REL ? "object" : type === ET_EXEC || pie ? "exe" : "shared",
    ...(buildId && { buildId }),
    ...(packed && { packed }),
    warnings,
  };
}

export const elf: Reader = {
  name: "elf",
  detect: (b) => b.length >= 4 && b[0] === 0x7f && b[1] === 0x45 && b[2] === 0x4c && b[3] === 0x46,
  open,
};
