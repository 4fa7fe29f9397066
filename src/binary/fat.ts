// Universal ("fat") Mach-O files: several executables in one. Specification: Apple's <mach-o/fat.h>; GOROOT/src/debug/macho/fat.go.
import { Bytes, InputError } from "./bytes.ts";
import { CPUS } from "./macho.ts";

export interface FatSlice {
  /** GOARCH, or the container's own machine name if Go has none. */
  readonly arch: string;
  readonly offset: number;
  readonly size: number;
}

const MAX_SLICES = 32;
const HEADER = 8;

/** A Java class begins with the same four bytes; its next word is a version, far above any number of slices. */
export function isFat(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER) return false;
  const head = new Bytes(bytes, false);
  const magic = head.u32(0);
  return (magic === 0xcafe_babe || magic === 0xcafe_babf) && head.u32(4) < MAX_SLICES;
}

const entrySize = (head: Bytes): number => (head.u32(0) === 0xcafe_babf ? 32 : 20);

/** Bytes in front of the slices that the format itself takes. */
export function fatHeaderSize(bytes: Uint8Array): number {
  const head = new Bytes(bytes, false);
  return HEADER + head.u32(4) * entrySize(head);
}

/** The slices in file order: disjoint and inside the file, else InputError. */
export function fatSlices(bytes: Uint8Array): FatSlice[] {
  const head = new Bytes(bytes, false);
  const size = entrySize(head);
  const wide = size === 32;
  if (fatHeaderSize(bytes) > bytes.length) throw new InputError("the file is truncated: it ends inside the fat header");
  const slices = Array.from({ length: head.u32(4) }, (_, i): FatSlice => {
    const at = HEADER + i * size;
    const cpu = head.u32(at);
    return {
      arch: CPUS[cpu] ?? `mach-cpu-${cpu}`,
      offset: wide ? head.u64(at + 8) : head.u32(at + 8),
      size: wide ? head.u64(at + 16) : head.u32(at + 12),
    };
  }).sort((a, b) => a.offset - b.offset);
  if (slices.length === 0) throw new InputError("the fat file holds no executable");
  let end = fatHeaderSize(bytes);
  for (const s of slices) {
    if (s.offset < end) throw new InputError("the slices of the fat file overlap", `offset ${s.offset}`);
    end = s.offset + s.size;
    if (end > bytes.length) {
      throw new InputError(
        `the file is truncated: the ${s.arch} slice ends at byte ${end}, the file at ${bytes.length}`,
      );
    }
  }
  return slices;
}
