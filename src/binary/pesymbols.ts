// COFF symbol tables. Specification: Microsoft's "PE Format", "COFF Symbol Table"; letters as in
// GOROOT/src/cmd/internal/objfile/pe.go, save that zero-filled data is B.
import { u32 } from "./bytes.ts";
import type { Bytes } from "./bytes.ts";
import { emptySymbols, NO_RVA, type SymbolTable } from "./executable.ts";
import { namedSymbols } from "./symbolnames.ts";
import type { SectionHeader } from "./peheaders.ts";
import type { StringTable } from "./stringtable.ts";
import { sizesByDistance } from "./symbolsizes.ts";

const SYMBOL_SIZE = 18;
const SCN_CODE = 0x20;
const SCN_DATA = 0x40;
const SCN_BSS = 0x80;
const SCN_WRITE = 0x8000_0000;

/** Reads `records` records at a file offset; auxiliary records belong to the symbol in front of them and are left out. */
export function readCoffSymbols(
  bytes: Bytes,
  at: number,
  records: number,
  sections: readonly SectionHeader[],
  strings: StringTable | undefined,
): SymbolTable {
  if (at === 0 || records === 0) return emptySymbols;
  const table = bytes.slice(at, records * SYMBOL_SIZE);
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  let count = 0;
  for (let r = 0; r < records; r += 1 + table[r * SYMBOL_SIZE + 17]) count++;
  const rva = new Uint32Array(count).fill(NO_RVA);
  const limit = new Uint32Array(count);
  const letter = new Uint8Array(count).fill(0x3f);
  const nameOffset = new Uint32Array(count);
  const nameLength = new Uint32Array(count);
  const entryOffset = new Uint32Array(count);
  let i = 0;
  for (let r = 0; r < records; r += 1 + table[r * SYMBOL_SIZE + 17], i++) {
    const entry = r * SYMBOL_SIZE;
    entryOffset[i] = at + entry;
    if (strings && u32(view, entry, true) === 0) {
      nameOffset[i] = strings.offset(u32(view, entry + 4, true));
      nameLength[i] = strings.length(nameOffset[i]);
    } else {
      let length = 0;
      while (length < 8 && table[entry + length] !== 0) length++;
      nameOffset[i] = at + entry;
      nameLength[i] = length;
    }
    const number = view.getInt16(entry + 12, true);
    if (number === 0) letter[i] = 0x55; // U
    if (number <= 0 || number > sections.length) continue;
    const s = sections[number - 1];
    const value = u32(view, entry + 8, true);
    if (s.flags & SCN_CODE) letter[i] = 0x54;
    else if (s.flags & SCN_DATA) letter[i] = !(s.flags & SCN_WRITE) ? 0x52 : value < s.rawSize ? 0x44 : 0x42;
    else if (s.flags & SCN_BSS) letter[i] = 0x42;
    // A symbol may stand at the very end of its section.
    if (s.rva < 0 || value > s.memSize) continue;
    rva[i] = s.rva + value;
    limit[i] = s.rva + s.memSize;
  }
  return namedSymbols(bytes.data, {
    count,
    rva,
    size: sizesByDistance(rva, limit),
    letter,
    nameOffset,
    nameLength,
    entryOffset,
    entrySize: SYMBOL_SIZE,
    underscored: false,
  });
}
