// COFF headers, section headers and what images and objects have in common. Specification: Microsoft's "PE Format".
import { type Bytes, InputError, text } from "./bytes.ts";
import { gnuCompression } from "./compression.ts";
import type { Executable, Relocations, Section, SymbolTable } from "./executable.ts";
import { readCoffSymbols } from "./pesymbols.ts";
import { StringTable } from "./stringtable.ts";
import type { Structure } from "./structure.ts";

const SCN_BSS = 0x80;
export const SCN_DISCARDABLE = 0x0200_0000;
export const SCN_EXECUTE = 0x2000_0000;
export const SCN_READ = 0x4000_0000;
export const SCN_WRITE = 0x8000_0000;
export const SECTION_HEADER = 40;
export const SYMBOL_SIZE = 18;
export const MAX_NAME = 128;

export const MACHINES: Readonly<Record<number, { readonly arch: string; readonly ptrSize: 4 | 8 }>> = {
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

export interface CoffHeader {
  readonly at: number;
  readonly machine: number;
  readonly sectionCount: number;
  readonly symbolsAt: number;
  readonly symbolCount: number;
  readonly optionalSize: number;
  readonly flags: number;
}

export const readCoffHeader = (bytes: Bytes, at: number): CoffHeader => ({
  at,
  machine: bytes.u16(at),
  sectionCount: bytes.u16(at + 2),
  symbolsAt: bytes.u32(at + 8),
  symbolCount: bytes.u32(at + 12),
  optionalSize: bytes.u16(at + 16),
  flags: bytes.u16(at + 18),
});

/** The COFF string table stands behind the symbols; its first word is its length. */
export function stringTable(bytes: Bytes, coff: CoffHeader): StringTable | undefined {
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

export function readSections(bytes: Bytes, coff: CoffHeader, strings: StringTable | undefined): SectionHeader[] {
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
export const usedSize = (s: SectionHeader): number =>
  s.virtualSize > 0 ? Math.min(s.virtualSize, s.rawSize) : s.rawSize;

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

export function checkRaw(bytes: Bytes, sections: readonly SectionHeader[]): void {
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
export function build(
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
