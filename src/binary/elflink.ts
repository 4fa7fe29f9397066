// Gives the image of a relocatable ELF object its addresses, as a linker would. Specification: the psABI of each machine; GOROOT/src/debug/elf/elf.go (R_*); what Go asks of external linkers:
// GOROOT/src/cmd/link/internal/{amd64,arm64,x86,arm}/asm.go (elfreloc1).
import type { Bytes } from "./bytes.ts";
import { type ElfFile, ET_REL } from "./elfheaders.ts";
import type { RelocationTable } from "./elfrelocations.ts";
import type { SymbolSource } from "./elfsymbols.ts";
import { type Shape, shapeSize, writeAddress } from "./linking.ts";

/** By e_machine and relocation type; machines whose code is not looked into have their words only. */
const SHAPES: Readonly<Record<number, Readonly<Record<number, Shape>>>> = {
  3: { 1: "abs32", 2: "rel32", 4: "rel32" },
  21: { 38: "word" },
  22: { 22: "word" },
  40: { 2: "abs32", 3: "rel32" },
  62: { 1: "word", 2: "rel32", 4: "rel32", 10: "abs32", 11: "abs32" },
  183: {
    257: "word",
    258: "abs32",
    261: "rel32",
    275: "page",
    277: "low12",
    278: "low12",
    282: "branch26",
    283: "branch26",
    284: "low12",
    285: "low12",
    286: "low12",
    299: "low12",
  },
  243: { 2: "word" },
  258: { 2: "word" },
};

/** Address of each symbol that stands in a loaded section; NaN for others. */
function symbolAddresses(file: ElfFile, source: SymbolSource): Float64Array {
  const { bytes, wide, sections } = file;
  const size = wide ? 24 : 16;
  const out = new Float64Array(Math.floor(source.size / size)).fill(NaN);
  for (let i = 0; i < out.length; i++) {
    const at = source.offset + i * size;
    const section = sections[bytes.u16(at + (wide ? 6 : 14))];
    if (section && section.rva >= 0) out[i] = section.rva + bytes.word(at + (wide ? 8 : 4), wide ? 8 : 4);
  }
  return out;
}

/** A signed word as a number. */
function signed(bytes: Bytes, at: number, wide: boolean): number {
  if (!wide) return bytes.i32(at);
  const high = bytes.i32(at + (bytes.littleEndian ? 4 : 0));
  return high * 0x1_0000_0000 + bytes.u32(at + (bytes.littleEndian ? 0 : 4));
}

/**
 * Replaces the regions of a relocatable object by copies whose pointers and references lead to the places that the reader gave to
 * its sections. Relocations against symbols of other objects stay empty.
 */
export function linkObject(file: ElfFile, tables: readonly RelocationTable[], source: SymbolSource | undefined): void {
  const { bytes, wide, regions } = file;
  const shapes = SHAPES[file.machine];
  if (file.type !== ET_REL || !shapes || !source) return;
  const word = wide ? 8 : 4;
  const addresses = symbolAddresses(file, source);
  const regionAt = new Map(regions.map((r, i) => [r.rva, i]));
  const copies = new Map<number, Uint8Array<ArrayBuffer>>();
  for (const t of tables) {
    if (t.kind === "relr") continue;
    const index = regionAt.get(t.base);
    if (index === undefined) continue;
    const copy = copies.get(index) ?? new Uint8Array(regions[index].bytes);
    copies.set(index, copy);
    regions[index] = { ...regions[index], bytes: copy };
    const view = new DataView(copy.buffer);
    const size = word * (t.kind === "rela" ? 3 : 2);
    for (let at = t.offset; at + size <= t.offset + t.size; at += size) {
      const slot = bytes.word(at, word);
      const info = at + word;
      const type = wide
        ? bytes.u32(info + (bytes.littleEndian ? 0 : 4))
        : bytes.u8(info + (bytes.littleEndian ? 0 : 3));
      const symbol = wide ? bytes.u32(info + (bytes.littleEndian ? 4 : 0)) : bytes.u32(info) >>> 8;
      const shape = shapes[type];
      const address = addresses[symbol];
      if (!shape || !(address >= 0) || !(slot + shapeSize(shape, word) <= copy.length)) continue;
      const addend = t.kind === "rela" ? signed(bytes, at + 2 * word, wide) : view.getInt32(slot, bytes.littleEndian);
      writeAddress(view, slot, shape, address + addend, t.base + slot, word, bytes.littleEndian);
    }
  }
}
