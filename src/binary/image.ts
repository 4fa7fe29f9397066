// From segments at virtual addresses to regions at image-relative addresses, for every format that has segments.
import { InputError } from "./bytes.ts";
import { IMAGE_LIMIT, type Region } from "./executable.ts";

/** A piece of the file that is mapped at a virtual address. */
export interface Segment {
  readonly address: number;
  readonly memSize: number;
  readonly offset: number;
  readonly fileSize: number;
  readonly executable: boolean;
  readonly writable: boolean;
  /** For messages: "segment 2", "section 1". */
  readonly name: string;
}

/** Real images have some ten segments; every search for an address looks at all of them. */
const MAX_SEGMENTS = 256;
const MAX_OBJECT_SECTIONS = 4096;
/** Nothing stands at 0, so that an empty pointer points nowhere. */
const OBJECT_BASE = 4096;
const MAX_OBJECT_ALIGN = 0x1_0000;

/**
 * Lays segments out from the lowest address (or from `base`, where the format names one). Empty segments are left out.
 * Throws InputError if a segment lies outside the file, if two overlap in memory, if together they map more than twice the file,
 * or if the image spans 4 GiB or more.
 */
export function layOut(
  bytes: Uint8Array,
  segments: readonly Segment[],
  base?: number,
): { imageBase: number; regions: Region[] } {
  const mapped = segments.filter((s) => s.memSize > 0).sort((a, b) => a.address - b.address);
  if (mapped.length > MAX_SEGMENTS) throw new InputError(`the program has ${mapped.length} segments`, "segments");
  const imageBase = base ?? (mapped.length > 0 ? mapped[0].address : 0);
  const regions: Region[] = [];
  let end = 0;
  for (const s of mapped) {
    const rva = s.address - imageBase;
    // Above 2^53 the low bits of an address are lost.
    if (!(s.address + s.memSize <= Number.MAX_SAFE_INTEGER && rva >= 0 && rva + s.memSize < IMAGE_LIMIT)) {
      throw new InputError("the program's image spans 4 GiB or more", s.name);
    }
    if (rva < end) throw new InputError(`${s.name} overlaps another one in memory`, s.name);
    end = rva + s.memSize;
    regions.push(region(bytes, s, rva));
  }
  checkTotal(bytes, regions);
  return { imageBase, regions };
}

function region(bytes: Uint8Array, s: Omit<Segment, "address">, rva: number): Region {
  const fileSize = Math.min(s.fileSize, s.memSize);
  if (fileSize > 0 && s.offset + fileSize > bytes.length) {
    throw new InputError(
      `the file is truncated: ${s.name} ends at byte ${s.offset + fileSize}, the file at ${bytes.length}`,
      s.name,
    );
  }
  const offset = fileSize > 0 ? s.offset : 0;
  return {
    rva,
    bytes: bytes.subarray(offset, offset + fileSize),
    memSize: s.memSize,
    offset,
    executable: s.executable,
    writable: s.writable,
  };
}

/** Mapping the same bytes again and again would multiply every later pass over the image. */
function checkTotal(bytes: Uint8Array, regions: readonly Region[]): void {
  const total = regions.reduce((sum, r) => sum + r.bytes.length, 0);
  if (total > 2 * bytes.length) throw new InputError("the segments overlap each other in the file", "segments");
}

/** A section of a relocatable object. */
export interface ObjectSection extends Omit<Segment, "address"> {
  readonly align: number;
}

/**
 * A relocatable object has no addresses: its sections stand one behind the other in file order, zero-filled ones last.
 * rva[i] is the place of sections[i]; empty sections have a place, but no region. Throws InputError as layOut does.
 */
export function layOutObject(
  bytes: Uint8Array,
  sections: readonly ObjectSection[],
): { regions: Region[]; rva: Uint32Array } {
  if (sections.length > MAX_OBJECT_SECTIONS)
    throw new InputError(`the object has ${sections.length} sections`, "sections");
  const zeroFill = (s: ObjectSection): number => (s.fileSize === 0 ? 1 : 0);
  const order = sections
    .map((s, i) => ({ s, i }))
    .sort((a, b) => zeroFill(a.s) - zeroFill(b.s) || a.s.offset - b.s.offset || a.i - b.i);
  const places = new Uint32Array(sections.length);
  const regions: Region[] = [];
  let rva = OBJECT_BASE;
  for (const { s, i } of order) {
    const align = Math.min(Math.max(1, s.align), MAX_OBJECT_ALIGN);
    rva = Math.ceil(rva / align) * align;
    if (!(rva + s.memSize < IMAGE_LIMIT)) throw new InputError("the object's sections span 4 GiB or more", s.name);
    places[i] = rva;
    if (s.memSize > 0) regions.push(region(bytes, s, rva));
    rva += s.memSize;
  }
  checkTotal(bytes, regions);
  return { regions, rva: places };
}
