// Relocations of ELF files: .rela.*, .rel.* and the packed .relr.dyn. Specification: the System V gABI, "Relocation"; RELR:
// https://groups.google.com/g/generic-abi/c/bX460iggiKg; types: GOROOT/src/debug/elf/elf.go.
import { type Bytes, InputError, u32 } from "./bytes.ts";
import { type ElfFile, ET_REL, SHF_ALLOC, SHF_COMPRESSED, SHT_REL, SHT_RELA, SHT_RELR } from "./elfheaders.ts";
import type { Dynamic } from "./elfdynamic.ts";
import type { SymbolSource } from "./elfsymbols.ts";
import { NO_RVA, type Region, type Relocations } from "./executable.ts";

/** One relocation table; `base` is added to r_offset to get an RVA, NaN if the patched section is not loaded. */
export interface RelocationTable {
  readonly kind: "rela" | "rel" | "relr";
  readonly offset: number;
  readonly size: number;
  readonly base: number;
  /** The run-time linker applies it (as opposed to link-time relocations that were kept). */
  readonly runTime: boolean;
}

/** All relocation tables, from the section headers, else from the dynamic section. */
export function relocationTables(file: ElfFile, dynamic: Dynamic): RelocationTable[] {
  const out: RelocationTable[] = [];
  for (const s of file.sections) {
    const kind = s.type === SHT_RELA ? "rela" : s.type === SHT_REL ? "rel" : s.type === SHT_RELR ? "relr" : undefined;
    if (!kind || s.size === 0 || s.flags & SHF_COMPRESSED) continue;
    const runTime = (s.flags & SHF_ALLOC) !== 0;
    const target = file.sections[s.info];
    let base = -file.imageBase;
    if (file.type === ET_REL) base = target && target.rva >= 0 ? target.rva : NaN;
    else if (!runTime && target && target.rva < 0) base = NaN;
    out.push({ kind, offset: s.offset, size: s.size, base, runTime });
  }
  if (file.sections.length === 0) {
    for (const t of dynamic.relocations) out.push({ ...t, base: -file.imageBase, runTime: true });
  }
  if (out.reduce((sum, t) => sum + t.size, 0) > file.bytes.length) {
    throw new InputError("the relocation tables overlap each other", "relocations");
  }
  return out;
}

const entrySize = (table: RelocationTable, wide: boolean): number =>
  table.kind === "relr" ? (wide ? 8 : 4) : (wide ? 8 : 4) * (table.kind === "rela" ? 3 : 2);

/** Calls visit(entry offset, slot address as stored, true for the entry's first slot) for each slot of a RELR table. */
function relrSlots(
  bytes: Bytes,
  wide: boolean,
  table: RelocationTable,
  visit: (entry: number, slot: number, first: boolean) => void,
): void {
  const word = wide ? 8 : 4;
  let next = 0;
  for (let at = table.offset; at + word <= table.offset + table.size; at += word) {
    const low = bytes.u32(at + (wide && !bytes.littleEndian ? 4 : 0));
    if ((low & 1) === 0) {
      const address = bytes.word(at, word);
      visit(at, address, true);
      next = address + word;
      continue;
    }
    // A bitmap of the next 31 or 63 words.
    const high = wide ? bytes.u32(at + (bytes.littleEndian ? 4 : 0)) : 0;
    let first = true;
    for (let bit = 1; bit < word * 8; bit++) {
      if (((bit < 32 ? low >>> bit : high >>> (bit - 32)) & 1) === 0) continue;
      visit(at, next + (bit - 1) * word, first);
      first = false;
    }
    next += (word * 8 - 1) * word;
  }
}

/** Every slot of every table that patches the image (not debug information), in file order of the tables. */
export function readRelocations(file: ElfFile, all: readonly RelocationTable[]): Relocations {
  const { bytes, wide } = file;
  const tables = all.filter((t) => !Number.isNaN(t.base));
  let count = 0;
  // Every packed slot is a word of the file of its own.
  let packed = Math.floor(bytes.length / (wide ? 8 : 4));
  const countPacked = (entry: number): void => {
    if (packed-- <= 0) {
      throw new InputError("the relocations name more slots than the file has words", `offset ${entry}`);
    }
    count++;
  };
  for (const t of tables) {
    if (t.kind === "relr") relrSlots(bytes, wide, t, countPacked);
    else count += Math.floor(t.size / entrySize(t, wide));
  }
  const entries = new Uint32Array(count);
  const sizes = new Uint32Array(count);
  const slots = new Uint32Array(count);
  const last = file.regions.at(-1);
  const end = last ? last.rva + last.memSize : 0;
  let n = 0;
  const add = (entry: number, size: number, slot: number): void => {
    entries[n] = entry;
    sizes[n] = size;
    slots[n++] = slot >= 0 && slot < end ? slot : NO_RVA;
  };
  for (const t of tables) {
    const size = entrySize(t, wide);
    if (t.kind === "relr")
      relrSlots(bytes, wide, t, (entry, slot, first) => add(entry, first ? size : 0, slot + t.base));
    else {
      for (let at = t.offset; at + size <= t.offset + t.size; at += size)
        add(at, size, bytes.word(at, wide ? 8 : 4) + t.base);
    }
  }
  return { count, entryOffset: entries, entrySize: sizes, slot: slots };
}

/** R_*_RELATIVE (base + addend) and the word-sized R_*_ABS (symbol + addend) by e_machine; mips has no such RELA in Go's world. */
const WORD_TYPES: Readonly<Record<number, { readonly relative: number; readonly absolute: number }>> = {
  21: { relative: 22, absolute: 38 }, // ppc64
  22: { relative: 12, absolute: 22 }, // s390x
  62: { relative: 8, absolute: 1 }, // amd64
  183: { relative: 1027, absolute: 257 }, // arm64
  243: { relative: 3, absolute: 2 }, // riscv64
  258: { relative: 3, absolute: 2 }, // loong64
};

/**
 * Puts the addends of 64-bit RELA relocations where the run-time linker would (with a load bias of 0), as linkers other than
 * Go's may leave those words zero. Regions that already hold them, as in everything that Go links itself, are not touched;
 * others are replaced by patched copies.
 */
export function applyRelative(
  file: ElfFile,
  tables: readonly RelocationTable[],
  symbols: SymbolSource | undefined,
): void {
  const { bytes, wide, imageBase, regions } = file;
  const types = WORD_TYPES[file.machine];
  if (!wide || !types) return;
  const le = bytes.littleEndian;
  const low = le ? 0 : 4;
  const views = regions.map((r) => new DataView(r.bytes.buffer, r.bytes.byteOffset, r.bytes.byteLength));
  const copied = new Set<number>();
  let current = 0;
  for (const t of tables) {
    if (t.kind !== "rela" || !t.runTime) continue;
    for (let at = t.offset; at + 24 <= t.offset + t.size; at += 24) {
      const type = bytes.u32(at + 8 + low);
      if (type !== types.relative && type !== types.absolute) continue;
      let valueLow = bytes.u32(at + 16 + low);
      let valueHigh = bytes.u32(at + 16 + 4 - low);
      if (type === types.absolute) {
        const symbol = symbolValue(bytes, symbols, bytes.u32(at + 8 + 4 - low));
        if (symbol === undefined) continue;
        const sum = valueLow + (symbol >>> 0);
        valueHigh = (valueHigh + Math.floor(symbol / 0x1_0000_0000) + (sum >= 0x1_0000_0000 ? 1 : 0)) >>> 0;
        valueLow = sum >>> 0;
      }
      const slot = bytes.u64(at) - imageBase;
      let r: Region = regions[current];
      if (!(slot >= r.rva && slot + 8 <= r.rva + r.bytes.length)) {
        const found = regions.findIndex((r) => slot >= r.rva && slot + 8 <= r.rva + r.bytes.length);
        if (found < 0) continue;
        current = found;
        r = regions[current];
      }
      const to = slot - r.rva;
      if (u32(views[current], to + low, le) === valueLow && u32(views[current], to + 4 - low, le) === valueHigh) {
        continue;
      }
      if (!copied.has(current)) {
        const copy = new Uint8Array(r.bytes);
        copied.add(current);
        regions[current] = { ...r, bytes: copy };
        views[current] = new DataView(copy.buffer);
      }
      views[current].setUint32(to + low, valueLow, le);
      views[current].setUint32(to + 4 - low, valueHigh, le);
    }
  }
}

/** st_value of a defined dynamic symbol. */
function symbolValue(bytes: Bytes, symbols: SymbolSource | undefined, index: number): number | undefined {
  if (!symbols || (index + 1) * 24 > symbols.size) return undefined;
  const at = symbols.offset + index * 24;
  const section = bytes.u16(at + 6);
  return section === 0 || section >= 0xff00 ? undefined : bytes.u64(at + 8);
}
