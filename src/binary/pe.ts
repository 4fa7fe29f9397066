// Windows executables, DLLs and COFF objects. Specification: Microsoft's "PE Format"; GOROOT/src/debug/pe; what Go writes:
// GOROOT/src/cmd/link/internal/ld/pe.go.
import { Bytes, InputError, text } from "./bytes.ts";
import { gnuCompression } from "./compression.ts";
import { readBaseRelocations, readObjectRelocations } from "./perelocations.ts";
import { readCoffSymbols } from "./pesymbols.ts";
import { type Executable, type Reader, type Relocations, type Section, type SymbolTable } from "./executable.ts";
import { layOut, layOutObject } from "./image.ts";
import { StringTable } from "./stringtable.ts";
import { Structure } from "./structure.ts";

const FILE_DLL = 0x2000;
const DYNAMIC_BASE = 0x40;
const SCN_BSS = 0x80;
const SCN_DISCARDABLE = 0x0200_0000;
const SCN_EXECUTE = 0x2000_0000;
const SCN_READ = 0x4000_0000;
const SCN_WRITE = 0x8000_0000;
const SECTION_HEADER = 40;
const SYMBOL_SIZE = 18;
const MAX_NAME = 128;
const MAX_IMPORTS = 1024;
const DIR_EXPORT = 0;
const DIR_IMPORT = 1;
const DIR_SECURITY = 4;
const DIR_RELOCATION = 5;
const DIR_IMPORT_ADDRESSES = 12;

const MACHINES: Readonly<Record<number, { readonly arch: string; readonly ptrSize: 4 | 8 }>> = {
  0x14c: { arch: "386", ptrSize: 4 },
  0x1c0: { arch: "arm", ptrSize: 4 },
  0x1c4: { arch: "arm", ptrSize: 4 },
  0x5064: { arch: "riscv64", ptrSize: 8 },
  0x6264: { arch: "loong64", ptrSize: 8 },
  0x8664: { arch: "amd64", ptrSize: 8 },
  0xaa64: { arch: "arm64", ptrSize: 8 },
};

export interface SectionHeader {
  readonly name: string;
  readonly virtualSize: number;
  readonly virtualAddress: number;
  readonly rawSize: number;
  readonly rawOffset: number;
  readonly relocationsAt: number;
  readonly relocationCount: number;
  readonly flags: number;
  /** RVA if it is part of the image, else -1. */
  rva: number;
  /** Size in memory. */
  memSize: number;
}

interface CoffHeader {
  readonly at: number;
  readonly machine: number;
  readonly sectionCount: number;
  readonly symbolsAt: number;
  readonly symbolCount: number;
  readonly optionalSize: number;
  readonly flags: number;
}

const readCoffHeader = (bytes: Bytes, at: number): CoffHeader => ({
  at,
  machine: bytes.u16(at),
  sectionCount: bytes.u16(at + 2),
  symbolsAt: bytes.u32(at + 8),
  symbolCount: bytes.u32(at + 12),
  optionalSize: bytes.u16(at + 16),
  flags: bytes.u16(at + 18),
});

/** The COFF string table stands behind the symbols; its first word is its length. */
function stringTable(bytes: Bytes, coff: CoffHeader): StringTable | undefined {
  if (coff.symbolsAt === 0) return undefined;
  const at = coff.symbolsAt + coff.symbolCount * SYMBOL_SIZE;
  if (at > bytes.length)
    throw new InputError("the file is truncated: it ends inside the symbol table", `offset ${coff.symbolsAt}`);
  if (at + 4 > bytes.length) return undefined;
  const length = bytes.u32(at);
  return new StringTable(bytes, at, length <= bytes.length - at ? Math.max(length, 4) : bytes.length - at);
}

/** A section's name: eight bytes, or "/123": an offset into the string table. */
function sectionName(bytes: Bytes, at: number, strings: StringTable | undefined): string {
  const field = bytes.slice(at, 8);
  const nul = field.indexOf(0);
  const short = text(nul < 0 ? field : field.subarray(0, nul));
  if (strings && /^\/\d+$/.test(short)) return strings.name(Number(short.slice(1)), MAX_NAME);
  return short;
}

function readSections(bytes: Bytes, coff: CoffHeader, strings: StringTable | undefined): SectionHeader[] {
  const first = coff.at + 20 + coff.optionalSize;
  if (first + coff.sectionCount * SECTION_HEADER > bytes.length) {
    throw new InputError("the file is truncated: it ends inside the section headers", `offset ${first}`);
  }
  return Array.from({ length: coff.sectionCount }, (_, i) => {
    const at = first + i * SECTION_HEADER;
    const flags = bytes.u32(at + 36);
    const virtualSize = bytes.u32(at + 8);
    const rawSize = bytes.u32(at + 16);
    const rawOffset = bytes.u32(at + 20);
    // Zero-filled data of an object has its size where others have the size of their bytes.
    const zeroFill = (flags & SCN_BSS) !== 0 && rawOffset === 0;
    const header: SectionHeader = {
      name: sectionName(bytes, at, strings),
      virtualSize: zeroFill ? Math.max(virtualSize, rawSize) : virtualSize,
      virtualAddress: bytes.u32(at + 12),
      rawSize: zeroFill ? 0 : rawSize,
      rawOffset,
      relocationsAt: bytes.u32(at + 24),
      relocationCount: bytes.u16(at + 32),
      flags,
      rva: -1,
      memSize: 0,
    };
    return header;
  });
}

/** Bytes of a section that are meant for the program; the rest of an image's section is padding to the file alignment. */
const usedSize = (s: SectionHeader): number => (s.virtualSize > 0 ? Math.min(s.virtualSize, s.rawSize) : s.rawSize);

function toSections(bytes: Bytes, headers: readonly SectionHeader[], warnings: string[]): Section[] {
  return headers.map((s) => {
    const fileSize = usedSize(s);
    const compressed = s.name.startsWith(".zdebug_")
      ? gnuCompression(bytes.data, s.rawOffset, fileSize, warnings)
      : undefined;
    return {
      name: s.name,
      rva: s.rva,
      size: s.rva < 0 ? fileSize : s.memSize,
      offset: fileSize > 0 ? s.rawOffset : 0,
      fileSize,
      executable: (s.flags & SCN_EXECUTE) !== 0,
      writable: (s.flags & SCN_WRITE) !== 0,
      ...(compressed && { compressed }),
    };
  });
}

function checkRaw(bytes: Bytes, sections: readonly SectionHeader[]): void {
  for (const [i, s] of sections.entries()) {
    const end = s.rawOffset + usedSize(s);
    if (end > bytes.length) {
      throw new InputError(
        `the file is truncated: section ${i} ends at byte ${end}, the file at ${bytes.length}`,
        s.name,
      );
    }
  }
}

/** What images and objects have in common. */
function build(
  bytes: Bytes,
  coff: CoffHeader,
  headers: readonly SectionHeader[],
  structure: Structure,
  tables: Structure,
  strings: StringTable | undefined,
  rest: Pick<Executable, "arch" | "ptrSize" | "imageBase" | "regions" | "pie" | "dynamic" | "type"> & {
    readonly readRelocations: () => Relocations;
    readonly warnings: string[];
    readonly packed?: string;
  },
): Executable {
  const { readRelocations, ...facts } = rest;
  if (coff.symbolsAt > 0) {
    const end = coff.symbolsAt + coff.symbolCount * SYMBOL_SIZE;
    tables.add(coff.symbolsAt, end - coff.symbolsAt, "symtab", "symbol table");
    if (end + 4 <= bytes.length) tables.add(end, Math.max(4, bytes.u32(end)), "symtab", "symbol names");
  }
  let symbols: SymbolTable | undefined;
  let relocations: Relocations | undefined;
  return {
    format: "pe",
    os: "windows",
    littleEndian: true,
    bytes: bytes.data,
    sections: toSections(bytes, headers, rest.warnings),
    structure: structure.done(),
    tables: tables.done(),
    symbols: () => (symbols ??= readCoffSymbols(bytes, coff.symbolsAt, coff.symbolCount, headers, strings)),
    relocations: () => (relocations ??= readRelocations()),
    ...facts,
  };
}

interface Directory {
  readonly rva: number;
  readonly size: number;
}

function openImage(data: Uint8Array): Executable {
  const bytes = new Bytes(data);
  const peAt = bytes.u32(0x3c);
  if (peAt + 24 > data.length || bytes.u32(peAt) !== 0x4550) {
    throw new InputError(
      peAt + 24 > data.length
        ? "the file is truncated: it ends before the PE header"
        : "this is a DOS program, not a Windows one",
      `offset ${peAt}`,
    );
  }
  const coff = readCoffHeader(bytes, peAt + 4);
  const optional = peAt + 24;
  if (optional + coff.optionalSize > data.length || coff.optionalSize < 96) {
    throw new InputError("the file is truncated: it ends inside the PE header", `offset ${optional}`);
  }
  const magic = bytes.u16(optional);
  if (magic !== 0x10b && magic !== 0x20b)
    throw new InputError("the PE header is damaged (optional header)", `offset ${optional}`);
  const wide = magic === 0x20b;
  const directoriesAt = optional + (wide ? 112 : 96);
  const directoryCount = Math.min(
    bytes.u32(directoriesAt - 4),
    Math.floor((optional + coff.optionalSize - directoriesAt) / 8),
    16,
  );
  const directory = (i: number): Directory =>
    i < directoryCount
      ? { rva: bytes.u32(directoriesAt + i * 8), size: bytes.u32(directoriesAt + i * 8 + 4) }
      : { rva: 0, size: 0 };

  const warnings: string[] = [];
  const strings = stringTable(bytes, coff);
  const headers = readSections(bytes, coff, strings);
  checkRaw(bytes, headers);
  for (const s of headers) {
    s.memSize = s.virtualSize > 0 ? s.virtualSize : s.rawSize;
    // Debug information and the like is never read by the program; `.reloc` only by the loader.
    const discarded = (s.flags & SCN_DISCARDABLE) !== 0 && (s.flags & SCN_EXECUTE) === 0;
    if (!discarded && s.memSize > 0 && s.flags & (SCN_READ | SCN_EXECUTE)) s.rva = s.virtualAddress;
  }
  const imageBase = wide ? bytes.u64(optional + 24) : bytes.u32(optional + 28);
  const { regions } = layOut(
    data,
    headers
      .map((s, i) => ({ s, name: `section ${i}` }))
      .filter(({ s }) => s.rva >= 0)
      .map(({ s, name }) => ({
        address: imageBase + s.rva,
        memSize: s.memSize,
        offset: s.rawOffset,
        fileSize: s.rawSize,
        executable: (s.flags & SCN_EXECUTE) !== 0,
        writable: (s.flags & SCN_WRITE) !== 0,
        name,
      })),
    imageBase,
  );
  if (regions.length === 0) throw new InputError("the PE file has nothing to load", "section headers");

  const structure = new Structure(data.length);
  const sectionsAt = coff.at + 20 + coff.optionalSize;
  const headersEnd = sectionsAt + coff.sectionCount * SECTION_HEADER;
  structure.add(0, peAt, "header", "DOS header");
  structure.add(peAt, sectionsAt - peAt, "header", "PE header");
  structure.add(sectionsAt, headersEnd - sectionsAt, "header", "section headers");
  const firstRaw = headers.reduce((min, s) => (s.rawSize > 0 ? Math.min(min, s.rawOffset) : min), data.length);
  const sizeOfHeaders = Math.min(bytes.u32(optional + 60), firstRaw);
  structure.add(headersEnd, sizeOfHeaders - headersEnd, "padding", "file alignment");
  for (const s of headers) {
    const used = usedSize(s);
    structure.add(s.rawOffset + used, s.rawSize - used, "padding", "file alignment");
  }
  const imports = directory(DIR_IMPORT);
  const importSection = sectionAt(headers, imports.rva);
  if (importSection?.name === ".idata") {
    structure.add(importSection.rawOffset, usedSize(importSection), "header", "import table");
  } else {
    addDirectory(structure, headers, imports, "import table");
  }
  // Go keeps it in its data section.
  addDirectory(structure, headers, directory(DIR_IMPORT_ADDRESSES), "import table");
  addDirectory(structure, headers, directory(DIR_EXPORT), "export table");
  // The security directory is the one whose address is a file offset.
  const security = directory(DIR_SECURITY);
  structure.add(security.rva, security.rva > 0 ? security.size : 0, "signature", "Authenticode signature");

  const tables = new Structure(data.length);
  const relocation = directory(DIR_RELOCATION);
  const relocationSection = sectionAt(headers, relocation.rva);
  let relocationRange = { start: 0, end: 0 };
  if (relocationSection && relocation.size > 0) {
    const start = relocationSection.rawOffset + relocation.rva - relocationSection.virtualAddress;
    const end = Math.min(start + relocation.size, relocationSection.rawOffset + usedSize(relocationSection));
    relocationRange = { start, end };
    tables.add(start, end - start, "relocation", "base relocations");
  }
  const known = MACHINES[coff.machine];
  const packed = headers.some((s) => s.name === "UPX0") && headers.some((s) => s.name === "UPX1") ? "UPX" : undefined;
  const last = regions[regions.length - 1];
  return build(bytes, coff, headers, structure, tables, strings, {
    arch: known?.arch ?? `pe-machine-${coff.machine}`,
    ptrSize: wide ? 8 : 4,
    imageBase,
    regions,
    pie: (bytes.u16(optional + 70) & DYNAMIC_BASE) !== 0,
    dynamic: importedLibraries(bytes, headers, imports).some((name) => name.toLowerCase() !== "kernel32.dll"),
    type: coff.flags & FILE_DLL ? "shared" : "exe",
    ...(packed && { packed }),
    warnings,
    readRelocations: () => readBaseRelocations(bytes, relocationRange, last.rva + last.memSize),
  });
}

const sectionAt = (headers: readonly SectionHeader[], rva: number): SectionHeader | undefined =>
  rva > 0 ? headers.find((s) => rva >= s.virtualAddress && rva < s.virtualAddress + usedSize(s)) : undefined;

function addDirectory(structure: Structure, headers: readonly SectionHeader[], d: Directory, name: string): void {
  const s = sectionAt(headers, d.rva);
  if (!s) return;
  const inside = d.rva - s.virtualAddress;
  structure.add(s.rawOffset + inside, Math.min(d.size, usedSize(s) - inside), "header", name);
}

/** Names of the DLLs in the import table. */
function importedLibraries(bytes: Bytes, headers: readonly SectionHeader[], imports: Directory): string[] {
  const out: string[] = [];
  const s = sectionAt(headers, imports.rva);
  if (!s) return out;
  const end = s.rawOffset + usedSize(s);
  for (let at = s.rawOffset + imports.rva - s.virtualAddress; at + 20 <= end && out.length < MAX_IMPORTS; at += 20) {
    const rva = bytes.u32(at + 12);
    const holder = sectionAt(headers, rva);
    if (!holder) break;
    out.push(bytes.cstring(holder.rawOffset + rva - holder.virtualAddress, MAX_NAME));
  }
  return out;
}

function openObject(data: Uint8Array): Executable {
  const bytes = new Bytes(data);
  const coff = readCoffHeader(bytes, 0);
  const warnings: string[] = [];
  const strings = stringTable(bytes, coff);
  const headers = readSections(bytes, coff, strings);
  checkRaw(bytes, headers);
  const loaded = headers
    .map((s, i) => ({ s, name: `section ${i}` }))
    .filter(({ s }) => !(s.flags & SCN_DISCARDABLE) && s.flags & (SCN_READ | SCN_EXECUTE));
  const { regions, rva } = layOutObject(
    data,
    loaded.map(({ s, name }) => ({
      memSize: Math.max(s.rawSize, s.virtualSize),
      offset: s.rawOffset,
      fileSize: usedSize(s),
      // Bits 20 to 23 hold log2(alignment) + 1.
      align: 1 << Math.max(0, ((s.flags >>> 20) & 15) - 1),
      executable: (s.flags & SCN_EXECUTE) !== 0,
      writable: (s.flags & SCN_WRITE) !== 0,
      name,
    })),
  );
  for (const [i, { s }] of loaded.entries()) {
    s.rva = rva[i];
    s.memSize = Math.max(s.rawSize, s.virtualSize);
  }
  const structure = new Structure(data.length);
  const headersEnd = 20 + coff.optionalSize + coff.sectionCount * SECTION_HEADER;
  structure.add(0, headersEnd, "header", "COFF headers");
  const tables = new Structure(data.length);
  const relocated = headers.filter((s) => s.relocationCount > 0);
  for (const s of relocated) {
    tables.add(s.relocationsAt, objectRelocationCount(bytes, s) * 10, "relocation", "relocations");
  }
  const known = MACHINES[coff.machine];
  return build(bytes, coff, headers, structure, tables, strings, {
    arch: known?.arch ?? `pe-machine-${coff.machine}`,
    ptrSize: known?.ptrSize ?? 8,
    imageBase: 0,
    regions,
    pie: false,
    dynamic: false,
    type: "object",
    warnings,
    readRelocations: () =>
      readObjectRelocations(
        bytes,
        relocated
          .filter((s) => s.rva >= 0)
          .map((s) => ({ at: s.relocationsAt, count: objectRelocationCount(bytes, s), rva: s.rva, size: s.memSize })),
      ),
  });
}

/** With more than 65,535 relocations the true number stands in the first one (IMAGE_SCN_LNK_NRELOC_OVFL). */
function objectRelocationCount(bytes: Bytes, s: SectionHeader): number {
  const count =
    s.relocationCount === 0xffff && s.flags & 0x0100_0000 && s.relocationsAt + 4 <= bytes.length
      ? bytes.u32(s.relocationsAt)
      : s.relocationCount;
  return Math.max(0, Math.min(count, Math.floor((bytes.length - s.relocationsAt) / 10)));
}

/** A COFF object has no magic: a known machine, no optional header (Go writes one), and tables inside the file. */
function isObject(b: Uint8Array): boolean {
  if (b.length < 20) return false;
  const coff = readCoffHeader(new Bytes(b), 0);
  return (
    Object.hasOwn(MACHINES, coff.machine) &&
    (coff.optionalSize === 0 || coff.optionalSize === 224 || coff.optionalSize === 240) &&
    coff.sectionCount > 0 &&
    20 + coff.optionalSize + coff.sectionCount * SECTION_HEADER <= b.length &&
    coff.symbolsAt > 0 &&
    coff.symbolsAt + coff.symbolCount * SYMBOL_SIZE <= b.length
  );
}

const isImage = (b: Uint8Array): boolean => b.length >= 0x40 && b[0] === 0x4d && b[1] === 0x5a;

export const pe: Reader = {
  name: "pe",
  detect: (b) => isImage(b) || isObject(b),
  open: (b) => (isImage(b) ? openImage(b) : openObject(b)),
};
