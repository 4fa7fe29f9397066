// Mach-O symbol tables. Specification: Apple's <mach-o/nlist.h>; letters as in GOROOT/src/cmd/internal/objfile/macho.go, save that
// zero-filled data is B.
import { type Bytes, u32, word } from "./bytes.ts";
import { emptySymbols, NO_RVA, type SymbolTable } from "./executable.ts";
import { namedSymbols } from "./symbolnames.ts";
import type { MachoSection } from "./macho.ts";
import { StringTable } from "./stringtable.ts";
import { sizesByDistance } from "./symbolsizes.ts";

/** Any of these bits in n_type: a debugger's entry (stab), which names no symbol. */
const N_STAB = 0xe0;

function letterOf(s: MachoSection): number {
  if (s.zeroFill) return 0x42; // B
  if (s.segment === "__TEXT") return s.name === "__text" ? 0x54 : 0x52; // T, R
  if (s.segment === "__DATA_CONST") return 0x52;
  return s.segment === "__DATA" ? 0x44 : 0x3f; // D, ?
}

/** Reads the table that an LC_SYMTAB command at a file offset points to. */
export function readMachoSymbols(
  bytes: Bytes,
  wide: boolean,
  command: number | undefined,
  sections: readonly MachoSection[],
  imageBase: number,
): SymbolTable {
  if (command === undefined) return emptySymbols;
  const entrySize = wide ? 16 : 12;
  const at = bytes.u32(command + 8);
  const records = bytes.u32(command + 12);
  if (records === 0) return emptySymbols;
  const table = bytes.slice(at, records * entrySize);
  const strings = new StringTable(bytes, bytes.u32(command + 16), bytes.u32(command + 20));
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const le = bytes.littleEndian;
  let count = 0;
  for (let r = 0; r < records; r++) if ((table[r * entrySize + 4] & N_STAB) === 0) count++;
  const rva = new Uint32Array(count).fill(NO_RVA);
  const limit = new Uint32Array(count);
  const letter = new Uint8Array(count);
  const nameOffset = new Uint32Array(count);
  const nameLength = new Uint32Array(count);
  const entryOffset = new Uint32Array(count);
  const letters = sections.map(letterOf);
  let i = -1;
  for (let r = 0; r < records; r++) {
    const entry = r * entrySize;
    if (table[entry + 4] & N_STAB) continue;
    i++;
    entryOffset[i] = at + entry;
    nameOffset[i] = strings.offset(u32(view, entry, le));
    nameLength[i] = strings.length(nameOffset[i]);
    const number = table[entry + 5];
    letter[i] = number === 0 ? 0x55 : (letters[number - 1] ?? 0x3f);
    const s = sections[number - 1];
    if (!s || s.rva < 0) continue;
    const address = word(view, entry + 8, wide ? 8 : 4, le) - imageBase;
    // A symbol may stand at the very end of its section.
    if (address < s.rva || address > s.rva + s.size) continue;
    rva[i] = address;
    limit[i] = s.rva + s.size;
  }
  return namedSymbols(bytes.data, {
    count,
    rva,
    size: sizesByDistance(rva, limit),
    letter,
    nameOffset,
    nameLength,
    entryOffset,
    entrySize,
    // Mach-O puts one in front of every name that has one in C or Go
    underscored: true,
  });
}
