// ELF symbol tables. Specification: the System V gABI, "Symbol Table"; letters as in GOROOT/src/cmd/internal/objfile/elf.go,
// save that zero-filled data is B.
import { u16, u32, word } from "./bytes.ts";
import { type ElfFile, ET_REL, SHT_NOBITS } from "./elfheaders.ts";
import { emptySymbols, NO_RVA, type SymbolTable } from "./executable.ts";
import { takeU32, takeU8 } from "./memory.ts";
import { namedSymbols } from "./symbolnames.ts";
import { StringTable } from "./stringtable.ts";

/** File ranges of a symbol table, its names, and its section indices if there are more than 65,279 sections. */
export interface SymbolSource {
  readonly offset: number;
  readonly size: number;
  readonly stringsOffset: number;
  readonly stringsSize: number;
  readonly indicesOffset?: number;
  readonly indicesSize?: number;
}

const SHN_UNDEF = 0;
const SHN_LORESERVE = 0xff00;
const SHN_COMMON = 0xfff2;
const SHN_XINDEX = 0xffff;
const STT_TLS = 6;
const LOCAL = 0x20;

/** All symbols but the first, which is always empty. */
export function readSymbols(file: ElfFile, source: SymbolSource | undefined): SymbolTable {
  if (!source) return emptySymbols;
  const { bytes, wide, sections, regions, imageBase } = file;
  const entrySize = wide ? 24 : 16;
  const count = Math.max(0, Math.floor(source.size / entrySize) - 1);
  const rva = takeU32(count);
  const size = takeU32(count);
  const letter = takeU8(count);
  const nameOffset = takeU32(count);
  const nameLength = takeU32(count);
  const entryOffset = takeU32(count);
  const names = new StringTable(bytes, source.stringsOffset, source.stringsSize);
  const table = bytes.slice(source.offset, source.size);
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const le = bytes.littleEndian;
  const wordSize = wide ? 8 : 4;
  const last = regions.at(-1);
  const end = last ? last.rva + last.memSize : 0;
  // Letters by section: allocation and permissions of the section decide.
  const letters = Uint8Array.from(sections, (s) => {
    switch (s.flags & 7) {
      case 6:
        return 0x54; // T
      case 2:
        return 0x52; // R
      case 3:
        return s.type === SHT_NOBITS ? 0x42 : 0x44; // B, D
      default:
        return 0x3f; // ?
    }
  });

  for (let i = 0; i < count; i++) {
    const at = (i + 1) * entrySize;
    entryOffset[i] = source.offset + at;
    const name = names.offset(u32(view, at, le));
    nameOffset[i] = name;
    nameLength[i] = names.length(name);
    const info = table[at + (wide ? 4 : 12)];
    let section = u16(view, at + (wide ? 6 : 14), le);
    if (section === SHN_XINDEX && source.indicesOffset !== undefined && (i + 2) * 4 <= (source.indicesSize ?? 0)) {
      section = bytes.u32(source.indicesOffset + (i + 1) * 4);
    } else if (section >= SHN_LORESERVE && section !== SHN_COMMON) {
      section = -1;
    }
    const valueAt = at + (wide ? 8 : 4);
    const value = word(view, valueAt, wordSize, le);
    const length = word(view, at + (wide ? 16 : 8), wordSize, le);
    let code = 0x3f;
    let address = value - imageBase;
    if (section === SHN_UNDEF) {
      code = 0x55; // U
      address = -1;
    } else if (section === SHN_COMMON) {
      code = 0x42;
      address = -1;
    } else if (section > 0 && section < sections.length) {
      code = letters[section];
      if (file.type === ET_REL) address = sections[section].rva < 0 ? -1 : sections[section].rva + value;
    } else if (section > 0 && sections.length === 0) {
      // Without section headers the segment decides.
      const r = regions.find((r) => address >= r.rva && address < r.rva + r.memSize);
      if (r) code = r.executable ? 0x54 : !r.writable ? 0x52 : address < r.rva + r.bytes.length ? 0x44 : 0x42;
    } else {
      address = -1;
    }
    if ((info & 15) === STT_TLS || !(address >= 0 && address <= end)) address = -1;
    letter[i] = info >>> 4 === 0 ? code + LOCAL : code;
    rva[i] = address < 0 ? NO_RVA : address;
    size[i] = address < 0 ? 0 : Math.min(length, end - address);
  }
  return namedSymbols(bytes.data, {
    count,
    rva,
    size,
    letter,
    nameOffset,
    nameLength,
    entryOffset,
    entrySize,
    underscored: false,
  });
}
