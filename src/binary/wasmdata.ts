// The data section of a wasm module: thousands of short segments that are painted into one image of the linear memory.
// Specification: https://webassembly.github.io/spec/core/binary/modules.html#data-section.
import { type Bytes, InputError } from "./bytes.ts";
import { IMAGE_LIMIT, type Region } from "./executable.ts";
import { LebCursor } from "./leb.ts";
import type { Structure } from "./structure.ts";

/** Go writes one for every 40 bytes or so of its data. */
const MAX_SEGMENTS = 1 << 22;
/** Boundary that the painted memory starts on: no object of the linker needs a stricter one. */
const ALIGN = 4096;

export interface WasmSection {
  readonly id: number;
  /** "type section" …, or the custom section's own name. */
  readonly name: string;
  /** The id byte. */
  readonly start: number;
  /** The contents; a custom section's begin behind its name. */
  readonly payload: number;
  readonly end: number;
}

/** The first `count` entries are in use. */
export interface DataSegments {
  readonly count: number;
  /** Sorted by rva, disjoint. */
  readonly rva: Uint32Array;
  readonly length: Uint32Array;
  readonly offset: Uint32Array;
}

/** Address of an active segment by its offset expression; undefined if it is not a constant. */
function offsetExpression(cursor: LebCursor): number | undefined {
  const op = cursor.u8();
  let value: number | undefined;
  if (op === 0x41) value = cursor.sleb() >>> 0;
  else if (op === 0x42) value = cursor.sleb();
  else if (op === 0x23) cursor.uleb();
  else throw new InputError("a data segment has an unknown kind of address", `offset ${cursor.at - 1}`);
  if (cursor.u8() !== 0x0b)
    throw new InputError("a data segment has an unknown kind of address", `offset ${cursor.at - 1}`);
  return value;
}

/** The segments that have an address; claims the headers of all of them for the structure. */
export function readData(bytes: Bytes, section: WasmSection, structure: Structure, warnings: string[]): DataSegments {
  const cursor = new LebCursor(bytes, section.payload, section.end);
  const total = cursor.uleb();
  // A segment takes at least two bytes.
  if (total > Math.min(MAX_SEGMENTS, (section.end - section.payload) / 2)) {
    throw new InputError("the data section announces more segments than it can hold", `offset ${section.payload}`);
  }
  const rva = new Uint32Array(total);
  const length = new Uint32Array(total);
  const offset = new Uint32Array(total);
  let count = 0;
  let sorted = true;
  let unplaced = 0;
  structure.add(section.start, cursor.at - section.start, "header", section.name);
  for (let i = 0; i < total; i++) {
    const start = cursor.at;
    const mode = cursor.uleb();
    if (mode > 2) throw new InputError("a data segment is of an unknown kind", `offset ${start}`);
    if (mode === 2) cursor.uleb();
    const address = mode === 1 ? undefined : offsetExpression(cursor);
    const size = cursor.uleb();
    const at = cursor.skip(size);
    structure.add(start, at - start, "header", "data segment headers");
    if (size === 0) continue;
    if (address === undefined) {
      unplaced++;
      continue;
    }
    if (!(address >= 0 && address + size < IMAGE_LIMIT))
      throw new InputError("a data segment lies outside the memory", `offset ${start}`);
    if (count > 0 && address < rva[count - 1] + length[count - 1]) sorted = false;
    rva[count] = address;
    length[count] = size;
    offset[count++] = at;
  }
  if (unplaced > 0) warnings.push(`${unplaced} data segments have no fixed address and are not looked into`);
  const segments = { count, rva, length, offset };
  if (sorted) return segments;
  const placed = inAddressOrder(segments);
  if (placed.count < count) warnings.push("some data segments overlap and are not looked into");
  return placed;
}

/** Segments sorted by address, without those that overlap an earlier one. Linkers write a few sorted runs, which sort in linear time. */
function inAddressOrder({ count, rva, length, offset }: DataSegments): DataSegments {
  const order = Array.from(rva.subarray(0, count).keys()).sort((a, b) => rva[a] - rva[b]);
  const out = {
    count: 0,
    rva: new Uint32Array(count),
    length: new Uint32Array(count),
    offset: new Uint32Array(count),
  };
  let end = 0;
  for (const i of order) {
    if (rva[i] < end) continue;
    end = rva[i] + length[i];
    out.rva[out.count] = rva[i];
    out.length[out.count] = length[i];
    out.offset[out.count++] = offset[i];
  }
  return out;
}

/** The linear memory's initial contents, as one region. */
export function paint(bytes: Bytes, segments: DataSegments, memSize: number): Region | undefined {
  const { count } = segments;
  if (count === 0) return undefined;
  const [rva, length, offset] = [segments.rva, segments.length, segments.offset].map((a) => a.subarray(0, count));
  // leading zeros are left out of the file: what stands there has an address all the same
  const start = rva[0] - (rva[0] % ALIGN);
  const size = rva[count - 1] + length[count - 1] - start;
  if (size > 8 * bytes.length + (64 << 20)) {
    throw new InputError("the data segments spread over far more memory than the file can fill", `${size} bytes`);
  }
  const image = new Uint8Array(size);
  for (let i = 0; i < count; i++) {
    const from = offset[i];
    const to = rva[i] - start;
    const n = length[i];
    // Most segments are a few words: a view for each would cost more than the copy.
    if (n > 128) image.set(bytes.data.subarray(from, from + n), to);
    else for (let j = 0; j < n; j++) image[to + j] = bytes.data[from + j];
  }
  return {
    rva: start,
    bytes: image,
    memSize: Math.max(size, memSize - start),
    offset: -1,
    pieces: { rva, length, offset },
    executable: false,
    writable: true,
  };
}
