// Which words of a Mach-O image hold pointers: rebase opcodes, chained fixups, and the relocations of objects. Specification:
// Apple's <mach-o/loader.h>, <mach-o/fixup-chains.h>, <mach-o/reloc.h>.
import { type Bytes, InputError, u32 } from "./bytes.ts";
import { NO_RVA, type Region, type Relocations } from "./executable.ts";
import { LebCursor } from "./leb.ts";
import type { MachoSection, MachoSegment } from "./macho.ts";

interface Source {
  readonly bytes: Bytes;
  readonly regions: Region[];
  readonly segments: readonly MachoSegment[];
  readonly imageBase: number;
  readonly range: { readonly start: number; readonly end: number };
}

const OPCODE = 0xf0;
const IMMEDIATE = 0x0f;
const SET_SEGMENT_AND_OFFSET = 0x20;
const ADD_ADDRESS = 0x30;
const ADD_ADDRESS_SCALED = 0x40;
const REBASE_TIMES = 0x50;
const REBASE_ULEB_TIMES = 0x60;
const REBASE_ADD_ADDRESS = 0x70;
const REBASE_ULEB_TIMES_SKIPPING = 0x80;
const DONE = 0x00;
const SET_TYPE = 0x10;

/**
 * Runs the rebase opcodes. The opcodes that lead to a slot are its entry; where one opcode patches a run of slots, the first
 * carries it. Slots outside the file's part of the image end the run.
 */
export function readRebases(source: Source & { readonly ptrSize: 4 | 8 }): Relocations {
  const { bytes, regions, segments, imageBase, range, ptrSize } = source;
  const most = Math.floor(bytes.length / ptrSize);
  let entries = new Uint32Array(Math.min(most, 1024));
  let sizes = new Uint32Array(entries.length);
  let slots = new Uint32Array(entries.length);
  let n = 0;
  const cursor = new LebCursor(bytes, range.start, range.end);
  let entry = range.start;
  let segment: MachoSegment | undefined;
  let address = 0;
  let region: Region | undefined;
  const inside = (slot: number): boolean => {
    if (!region || slot < region.rva || slot + ptrSize > region.rva + region.bytes.length) {
      region = regions.find((r) => slot >= r.rva && slot + ptrSize <= r.rva + r.bytes.length);
    }
    return region !== undefined;
  };
  const rebase = (times: number, step: number): void => {
    for (let i = 0; i < times; i++) {
      const slot = address - imageBase;
      if (!segment || !inside(slot) || n >= most) {
        throw new InputError("the rebase opcodes leave the image", `offset ${cursor.at}`);
      }
      if (n === slots.length) {
        const grown = Math.min(most, n * 2);
        const grow = (a: Uint32Array): Uint32Array<ArrayBuffer> => {
          const b = new Uint32Array(grown);
          b.set(a);
          return b;
        };
        entries = grow(entries);
        sizes = grow(sizes);
        slots = grow(slots);
      }
      entries[n] = entry;
      sizes[n] = cursor.at - entry;
      slots[n++] = slot;
      entry = cursor.at;
      address += step;
    }
  };
  while (cursor.at < cursor.end) {
    const byte = cursor.u8();
    const immediate = byte & IMMEDIATE;
    switch (byte & OPCODE) {
      case DONE:
      case SET_TYPE:
        break;
      case SET_SEGMENT_AND_OFFSET:
        segment = segments[immediate];
        address = (segment?.address ?? 0) + cursor.uleb();
        break;
      case ADD_ADDRESS:
        address += cursor.uleb();
        break;
      case ADD_ADDRESS_SCALED:
        address += immediate * ptrSize;
        break;
      case REBASE_TIMES:
        rebase(immediate, ptrSize);
        break;
      case REBASE_ULEB_TIMES:
        rebase(cursor.uleb(), ptrSize);
        break;
      case REBASE_ADD_ADDRESS:
        rebase(1, ptrSize + cursor.uleb());
        break;
      case REBASE_ULEB_TIMES_SKIPPING: {
        const times = cursor.uleb();
        rebase(times, ptrSize + cursor.uleb());
        break;
      }
      default:
        throw new InputError("an unknown rebase opcode", `offset ${cursor.at - 1}`);
    }
  }
  return {
    count: n,
    entryOffset: entries.slice(0, n),
    entrySize: sizes.slice(0, n),
    slot: slots.slice(0, n),
  };
}

/** Layout of one chained pointer format; bit positions are within the 64-bit (or 32-bit) word. */
interface ChainFormat {
  readonly size: 4 | 8;
  readonly stride: 4 | 8;
  /** The target is an offset from the image's start, not an address. */
  readonly offsets: boolean;
  readonly arm64e: boolean;
}

const CHAIN_FORMATS: Readonly<Record<number, ChainFormat>> = {
  1: { size: 8, stride: 8, offsets: false, arm64e: true },
  2: { size: 8, stride: 4, offsets: false, arm64e: false },
  3: { size: 4, stride: 4, offsets: false, arm64e: false },
  6: { size: 8, stride: 4, offsets: true, arm64e: false },
  9: { size: 8, stride: 8, offsets: true, arm64e: true },
  12: { size: 8, stride: 8, offsets: true, arm64e: true },
};

/**
 * Walks the chains and returns every slot's RVA. Regions that hold chained words are replaced by copies that hold the pointers
 * (0 where the pointer is to another library). Throws InputError if a chain leaves the image.
 */
export function chainedSlots(source: Source): Uint32Array {
  const { bytes, regions, range, segments, imageBase } = source;
  if (range.end > bytes.length || range.end - range.start < 28) {
    throw new InputError("the file is truncated: it ends inside the chained fixups", `offset ${range.start}`);
  }
  const starts = range.start + bytes.u32(range.start + 4);
  const count = bytes.u32(starts);
  if (count > segments.length)
    throw new InputError("the chained fixups name segments that do not exist", `offset ${starts}`);
  const found: number[] = [];
  const most = Math.floor(bytes.length / 4);
  const copies = new Map<number, Uint8Array>();
  let read = starts + 4 + count * 4;
  for (let i = 0; i < count; i++) {
    const offset = bytes.u32(starts + 4 + i * 4);
    if (offset === 0) continue;
    const at = starts + offset;
    if (at < read) throw new InputError("the chained fixups overlap each other", `offset ${at}`);
    const pageSize = bytes.u16(at + 4);
    const format = CHAIN_FORMATS[bytes.u16(at + 6)];
    if (!format) throw new InputError("the chained fixups have an unknown pointer format", `offset ${at + 6}`);
    const first = bytes.u64(at + 8);
    const pages = bytes.u16(at + 20);
    read = at + 22 + pages * 2;
    const index = regions.findIndex((r) => first >= r.rva && first < r.rva + r.bytes.length);
    if (index < 0) throw new InputError("the chained fixups leave the image", `offset ${at}`);
    const r = regions[index];
    const copy = copies.get(index) ?? new Uint8Array(r.bytes);
    copies.set(index, copy);
    regions[index] = { ...r, bytes: copy };
    const view = new DataView(copy.buffer);
    for (let p = 0; p < pages; p++) {
      const start = bytes.u16(at + 22 + p * 2);
      // 0xffff: no fixups on this page; the top bit: several chains per page, which only 32-bit watch kernels have.
      if (start === 0xffff) continue;
      let slot = first + p * pageSize + start - r.rva;
      for (;;) {
        if (slot + format.size > copy.length || found.length >= most) {
          throw new InputError("a chain of fixups leaves its segment", `offset ${at}`);
        }
        found.push(r.rva + slot);
        const next = decodeChained(view, slot, format, imageBase);
        if (next === 0) break;
        slot += next * format.stride;
      }
    }
  }
  return Uint32Array.from(found);
}

/** Replaces one chained word by its pointer and returns the distance to the next one in strides. */
function decodeChained(view: DataView, at: number, format: ChainFormat, imageBase: number): number {
  const low = u32(view, at, true);
  if (format.size === 4) {
    const bind = low >>> 31;
    view.setUint32(at, bind ? 0 : low & 0x03ff_ffff, true);
    return (low >>> 26) & 0x1f;
  }
  const high = u32(view, at + 4, true);
  let bind: boolean;
  let next: number;
  let target: number;
  let base = format.offsets ? imageBase : 0;
  if (format.arm64e) {
    const auth = high >>> 31 === 1;
    bind = ((high >>> 30) & 1) === 1;
    next = (high >>> 19) & 0x7ff;
    // A signed pointer's target is always an offset.
    if (auth) base = imageBase;
    target = auth ? low : (high & 0x7ff) * 0x1_0000_0000 + low;
  } else {
    bind = high >>> 31 === 1;
    next = (high >>> 19) & 0xfff;
    target = (high & 0xf) * 0x1_0000_0000 + low;
  }
  const value = bind ? 0 : target + base;
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
  return next;
}

/** Slots without entries of their own: chained fixups are stored in the words they patch. */
export function slotRelocations(slots: Uint32Array): Relocations {
  return {
    count: slots.length,
    entryOffset: new Uint32Array(slots.length),
    entrySize: new Uint32Array(slots.length),
    slot: slots,
  };
}

/** Link-time relocations of the sections of an object that are laid out (not of debug information). */
export function readSectionRelocations(bytes: Bytes, all: readonly MachoSection[]): Relocations {
  const sections = all.filter((s) => s.rva >= 0);
  const count = sections.reduce((sum, s) => sum + s.relocationCount, 0);
  if (count * 8 > bytes.length) throw new InputError("the sections announce more relocations than the file can hold");
  const entries = new Uint32Array(count);
  const slots = new Uint32Array(count);
  let n = 0;
  for (const s of sections) {
    for (let i = 0; i < s.relocationCount; i++) {
      const at = s.relocationsAt + i * 8;
      let offset = bytes.u32(at);
      // A scattered relocation (32-bit machines) keeps its address in 24 bits.
      if (offset >= 0x8000_0000) offset &= 0xff_ffff;
      entries[n] = at;
      slots[n++] = offset < s.size ? s.rva + offset : NO_RVA;
    }
  }
  return { count, entryOffset: entries, entrySize: new Uint32Array(count).fill(8), slot: slots };
}
