// The bounds of the FIPS 140 module in an image: GOROOT/src/cmd/link/internal/ld/fips140.go, crypto/internal/fips140/check/check.go.
import { word } from "../bytes.ts";
import type { Executable, Region } from "../executable.ts";

export interface FipsInfo {
  readonly rva: number;
  readonly size: number;
  /** RVAs at which the module's parts of rodata, noptrdata and data start and end, six of them. */
  readonly bounds: readonly number[];
}

const MAGIC = Uint8Array.from("\xff Go fipsinfo \xff\0", (c) => c.charCodeAt(0));
const SUM = 32;

/** The table since Go 1.24: {magic, sum, self, {start, end} of text, rodata, noptrdata, data}. In sections of its own where the format has them. */
export function findFipsInfo(exe: Executable): FipsInfo | undefined {
  const section = exe.sections.find((s) => s.name === ".go.fipsinfo" || s.name === "__go_fipsinfo");
  for (const r of exe.regions) {
    if (r.executable || !r.writable) continue;
    if (section && (section.rva < r.rva || section.rva >= r.rva + r.bytes.length)) continue;
    const found = search(exe, r, section ? section.rva - r.rva : (16 - (r.rva % 16)) % 16);
    if (found) return found;
  }
  return undefined;
}

function search(exe: Executable, region: Region, from: number): FipsInfo | undefined {
  const { bytes } = region;
  const p = exe.ptrSize;
  const size = MAGIC.length + SUM + 9 * p;
  for (let at = from; at + size <= bytes.length; at += p) {
    if (bytes[at] !== 0xff || bytes[at + 1] !== 0x20 || MAGIC.some((c, i) => bytes[at + i] !== c)) continue;
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, size);
    const pointer = (i: number): number => word(view, MAGIC.length + SUM + i * p, p, exe.littleEndian) - exe.imageBase;
    if (pointer(0) !== region.rva + at) continue;
    return { rva: region.rva + at, size, bounds: [3, 4, 5, 6, 7, 8].map(pointer) };
  }
  return undefined;
}
