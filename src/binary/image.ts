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

/**
 * Lays segments out from the lowest address (or from `base`, where the format names one). Empty segments are left out.
 * Throws InputError if a segment lies outside the file, if two overlap in memory, or if the image spans 4 GiB or more.
 */
export function layOut(
  bytes: Uint8Array,
  segments: readonly Segment[],
  base?: number,
): { imageBase: number; regions: Region[] } {
  const mapped = segments.filter((s) => s.memSize > 0).sort((a, b) => a.address - b.address);
  const imageBase = base ?? (mapped.length > 0 ? mapped[0].address : 0);
  const regions: Region[] = [];
  let end = 0;
  for (const s of mapped) {
    const rva = s.address - imageBase;
    const fileSize = Math.min(s.fileSize, s.memSize);
    // Above 2^53 the low bits of an address are lost.
    if (!(s.address + s.memSize <= Number.MAX_SAFE_INTEGER && rva >= 0 && rva + s.memSize < IMAGE_LIMIT)) {
      throw new InputError("the program's image spans 4 GiB or more", s.name);
    }
    if (s.offset + fileSize > bytes.length) {
      throw new InputError(
        `the file is truncated: ${s.name} ends at byte ${s.offset + fileSize}, the file at ${bytes.length}`,
        s.name,
      );
    }
    if (rva < end) throw new InputError(`${s.name} overlaps another one in memory`, s.name);
    end = rva + s.memSize;
    regions.push({
      rva,
      bytes: bytes.subarray(s.offset, s.offset + fileSize),
      memSize: s.memSize,
      offset: s.offset,
      executable: s.executable,
      writable: s.writable,
    });
  }
  return { imageBase, regions };
}
