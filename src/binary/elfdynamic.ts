// The dynamic section of an ELF file: what the run-time linker reads. It works where the section headers were stripped off.
// Specification: the System V gABI, chapter 5, and GOROOT/src/debug/elf/elf.go (DT_*).
import { InputError } from "./bytes.ts";
import type { ElfFile } from "./elfheaders.ts";
import type { SymbolSource } from "./elfsymbols.ts";

const DT_NEEDED = 1;
const DT_PLTRELSZ = 2;
const DT_HASH = 4;
const DT_STRTAB = 5;
const DT_SYMTAB = 6;
const DT_RELA = 7;
const DT_RELASZ = 8;
const DT_STRSZ = 10;
const DT_SONAME = 14;
const DT_REL = 17;
const DT_RELSZ = 18;
const DT_PLTREL = 20;
const DT_JMPREL = 23;
const DT_RELRSZ = 35;
const DT_RELR = 36;
const DT_GNU_HASH = 0x6fff_fef5;
const DT_FLAGS_1 = 0x6fff_fffb;
const DF_1_PIE = 0x0800_0000;
/** A dynamic section has some thirty entries; needed libraries may add some hundreds. */
const MAX_ENTRIES = 4096;
const MAX_NAME = 4096;

/** A table that the dynamic section points to, as a file range. */
export interface DynamicTable {
  readonly kind: "rela" | "rel" | "relr";
  readonly offset: number;
  readonly size: number;
}

export interface Dynamic {
  /** Names of the libraries that it asks for, in their order. */
  readonly libraries: readonly string[];
  readonly pie: boolean;
  readonly soname: boolean;
  readonly relocations: readonly DynamicTable[];
  /** .dynsym and .dynstr, if their place and size are known. */
  readonly symbols?: SymbolSource;
}

/** File offset of [address, address + size) if the file holds all of it. */
function fileOffset(file: ElfFile, address: number | undefined, size: number): number | undefined {
  if (address === undefined) return undefined;
  const rva = address - file.imageBase;
  const r = file.regions.find((r) => rva >= r.rva && rva + size <= r.rva + r.bytes.length);
  return r && r.offset + rva - r.rva;
}

/** Number of symbols by the hash tables, which alone tell it; 0 if they are missing or damaged. */
function symbolCount(file: ElfFile, hash: number | undefined, gnuHash: number | undefined): number {
  const { bytes, wide } = file;
  const at = fileOffset(file, hash, 8);
  // s390x and alpha use 8-byte words here; the first word is then 0 in big-endian order.
  if (at !== undefined && file.machine !== 22) return bytes.u32(at + 4);
  const gnu = fileOffset(file, gnuHash, 16);
  if (gnu === undefined) return 0;
  const buckets = bytes.u32(gnu);
  const first = bytes.u32(gnu + 4);
  const bucketsAt = gnu + 16 + bytes.u32(gnu + 8) * (wide ? 8 : 4);
  const chainsAt = bucketsAt + buckets * 4;
  if (chainsAt > bytes.length) return 0;
  let last = 0;
  for (let i = 0; i < buckets; i++) last = Math.max(last, bytes.u32(bucketsAt + i * 4));
  if (last < first) return first;
  for (let c = chainsAt + (last - first) * 4; c + 4 <= bytes.length; c += 4, last++) {
    if (bytes.u32(c) & 1) return last + 1;
  }
  return 0;
}

/** Reads the dynamic section in a file range; a damaged one tells what it can. */
export function readDynamic(file: ElfFile, range: readonly [number, number] | undefined): Dynamic {
  const { bytes, wide } = file;
  const word = wide ? 8 : 4;
  const values = new Map<number, number>();
  /** Offsets of names in the string table. */
  const needed: number[] = [];
  if (range) {
    const end = Math.min(range[1], range[0] + MAX_ENTRIES * 2 * word);
    for (let at = range[0]; at + 2 * word <= end; at += 2 * word) {
      const tag = bytes.word(at, word);
      if (tag === 0) break;
      values.set(tag, bytes.word(at + word, word));
      if (tag === DT_NEEDED) needed.push(bytes.word(at + word, word));
    }
  }
  const relocations: DynamicTable[] = [];
  const table = (kind: DynamicTable["kind"], addressTag: number, sizeTag: number): void => {
    const size = values.get(sizeTag) ?? 0;
    const offset = fileOffset(file, values.get(addressTag), size);
    if (size > 0 && offset !== undefined) relocations.push({ kind, offset, size });
  };
  table("rela", DT_RELA, DT_RELASZ);
  table("rel", DT_REL, DT_RELSZ);
  table("relr", DT_RELR, DT_RELRSZ);
  table(values.get(DT_PLTREL) === DT_REL ? "rel" : "rela", DT_JMPREL, DT_PLTRELSZ);
  const symbols = dynamicSymbols(file, values);
  return {
    libraries: libraryNames(file, values, needed),
    pie: Math.floor((values.get(DT_FLAGS_1) ?? 0) / DF_1_PIE) % 2 === 1,
    soname: values.has(DT_SONAME),
    relocations,
    ...(symbols && { symbols }),
  };
}

/** A name outside of the string table is "?": that there is a library is known. */
function libraryNames(file: ElfFile, values: ReadonlyMap<number, number>, needed: readonly number[]): string[] {
  const size = values.get(DT_STRSZ) ?? 0;
  const offset = fileOffset(file, values.get(DT_STRTAB), size);
  return needed.map((at) => {
    if (offset === undefined || at >= size) return "?";
    return file.bytes.cstring(offset + at, Math.min(size - at, MAX_NAME));
  });
}

function dynamicSymbols(file: ElfFile, values: ReadonlyMap<number, number>): SymbolSource | undefined {
  let count: number;
  try {
    count = symbolCount(file, values.get(DT_HASH), values.get(DT_GNU_HASH));
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
  const size = count * (file.wide ? 24 : 16);
  const stringsSize = values.get(DT_STRSZ) ?? 0;
  const offset = fileOffset(file, values.get(DT_SYMTAB), size);
  const stringsOffset = fileOffset(file, values.get(DT_STRTAB), stringsSize);
  if (size === 0 || offset === undefined || stringsOffset === undefined) return undefined;
  return { offset, size, stringsOffset, stringsSize };
}
