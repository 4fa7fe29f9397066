// Base relocations of Windows images and link-time relocations of COFF objects. Specification: Microsoft's "PE Format",
// "The .reloc Section" and "COFF Relocations".
import type { Bytes } from "./bytes.ts";
import type { ObjectRelocations } from "./pelink.ts";
import { NO_RVA, type Relocations } from "./executable.ts";

const BLOCK_HEADER = 8;
const OBJECT_RELOCATION = 10;

/** Entries of the blocks in a file range; padding entries and block headers carry no slot and are left out. */
export function readBaseRelocations(
  bytes: Bytes,
  range: { readonly start: number; readonly end: number },
  imageEnd: number,
): Relocations {
  let count = 0;
  eachEntry(bytes, range, () => count++);
  const entries = new Uint32Array(count);
  const slots = new Uint32Array(count);
  let n = 0;
  eachEntry(bytes, range, (at, slot) => {
    entries[n] = at;
    slots[n++] = slot < imageEnd ? slot : NO_RVA;
  });
  return { count, entryOffset: entries, entrySize: new Uint32Array(count).fill(2), slot: slots };
}

function eachEntry(
  bytes: Bytes,
  range: { readonly start: number; readonly end: number },
  visit: (at: number, slot: number) => void,
): void {
  for (let block = range.start; block + BLOCK_HEADER <= range.end;) {
    const page = bytes.u32(block);
    const size = bytes.u32(block + 4);
    if (size < BLOCK_HEADER) break;
    const end = Math.min(block + size, range.end);
    for (let at = block + BLOCK_HEADER; at + 2 <= end; at += 2) {
      const entry = bytes.u16(at);
      if (entry >>> 12 !== 0) visit(at, page + (entry & 0xfff));
    }
    block = end;
  }
}

/** The entries of every section of an object, each with the word that it changes. */
export function readObjectRelocations(bytes: Bytes, sections: readonly ObjectRelocations[]): Relocations {
  const count = sections.reduce((sum, s) => sum + s.count, 0);
  const entries = new Uint32Array(count);
  const slots = new Uint32Array(count);
  let n = 0;
  for (const s of sections) {
    for (let i = 0; i < s.count; i++) {
      const at = s.at + i * OBJECT_RELOCATION;
      const offset = bytes.u32(at);
      entries[n] = at;
      slots[n++] = offset < s.size ? s.rva + offset : NO_RVA;
    }
  }
  return { count, entryOffset: entries, entrySize: new Uint32Array(count).fill(OBJECT_RELOCATION), slot: slots };
}
