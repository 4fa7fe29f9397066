// Gives the image of a COFF object its addresses, as a linker would. Specification: Microsoft's "PE Format", "COFF Relocations";
// what Go asks of external linkers: GOROOT/src/cmd/link/internal/{amd64,x86,arm64}/asm.go (pereloc1).
import type { Bytes } from "./bytes.ts";
import type { Region } from "./executable.ts";
import { instructionAddend, type Shape, shapeSize, writeAddress } from "./linking.ts";

/** Shape by machine and relocation type, and for relative ones the distance from the field to the end of the instruction. */
const RULES: Readonly<Record<number, Readonly<Record<number, readonly [shape: Shape, end: number]>>>> = {
  0x14c: { 6: ["abs32", 0], 7: ["abs32", 0], 20: ["rel32", 4] },
  0x8664: {
    1: ["word", 0],
    2: ["abs32", 0],
    3: ["abs32", 0],
    4: ["rel32", 4],
    5: ["rel32", 5],
    6: ["rel32", 6],
    7: ["rel32", 7],
    8: ["rel32", 8],
    9: ["rel32", 9],
  },
  0xaa64: {
    1: ["abs32", 0],
    2: ["abs32", 0],
    3: ["branch26", 0],
    4: ["page", 0],
    6: ["low12", 0],
    7: ["low12", 0],
    14: ["word", 0],
  },
};

/** Relocations of one section: a file offset and a number of ten-byte records, and the section's place. */
export interface ObjectRelocations {
  readonly at: number;
  readonly count: number;
  readonly rva: number;
  readonly size: number;
}

/**
 * Replaces the regions of an object by copies whose pointers and references lead to the places that the reader gave to its sections.
 * addressOf(record) is the address of the symbol at a record of the symbol table, NaN if it has none.
 */
export function linkCoffObject(
  bytes: Bytes,
  machine: number,
  regions: Region[],
  relocations: readonly ObjectRelocations[],
  addressOf: (record: number) => number,
): void {
  const rules = RULES[machine];
  if (!rules) return;
  for (const s of relocations) {
    const index = regions.findIndex((r) => r.rva === s.rva);
    if (index < 0) continue;
    const copy = new Uint8Array(regions[index].bytes);
    const view = new DataView(copy.buffer);
    for (let i = 0; i < s.count; i++) {
      const at = s.at + i * 10;
      const slot = bytes.u32(at);
      const rule = rules[bytes.u16(at + 8)];
      if (!rule || slot + shapeSize(rule[0], 8) > copy.length) continue;
      const address = addressOf(bytes.u32(at + 4));
      if (!(address >= 0)) continue;
      const [shape, end] = rule;
      let addend: number;
      if (shape === "word") addend = Number(view.getBigInt64(slot, true));
      else if (shape === "abs32" || shape === "rel32") addend = view.getInt32(slot, true) - end;
      else addend = instructionAddend(view, slot, shape);
      writeAddress(view, slot, shape, address + addend, s.rva + slot, 8, true);
    }
    regions[index] = { ...regions[index], bytes: copy };
  }
}
