// Universal ("fat") Mach-O files from single ones. Specification: Apple's <mach-o/fat.h>; read back by src/binary/fat.ts.
import { Bytes, InputError } from "../binary/bytes.ts";

const FAT_MAGIC = 0xcafe_babe;
const MACHO_64 = 0xfeed_facf;
const HEADER = 8;
const ENTRY = 20;
const CPU_ARM64 = 0x0100_000c;

/** Joins little-endian 64-bit Mach-O files, in the order given. Throws InputError for anything else, and for 4 GiB and more. */
export function fatMachO(parts: readonly Uint8Array[]): Uint8Array {
  let at = HEADER + parts.length * ENTRY;
  const placed = parts.map((bytes) => {
    const head = new Bytes(bytes, true);
    if (bytes.length < 32 || head.u32(0) !== MACHO_64) throw new InputError("only 64-bit Mach-O files can be joined");
    const cpu = head.u32(4);
    // a slice begins on a page of its machine
    const align = cpu === CPU_ARM64 ? 14 : 12;
    const offset = Math.ceil(at / 2 ** align) * 2 ** align;
    at = offset + bytes.length;
    return { bytes, cpu, subtype: head.u32(8), offset, align };
  });
  if (at > 0xffff_ffff) throw new InputError("a universal file of 4 GiB and more cannot be written");
  if (new Set(placed.map(({ cpu }) => cpu)).size < placed.length) throw new InputError("two parts are for one machine");
  const out = new Uint8Array(at);
  const view = new DataView(out.buffer);
  view.setUint32(0, FAT_MAGIC);
  view.setUint32(4, placed.length);
  for (const [i, { bytes, cpu, subtype, offset, align }] of placed.entries()) {
    for (const [k, value] of [cpu, subtype, offset, bytes.length, align].entries())
      view.setUint32(HEADER + i * ENTRY + 4 * k, value);
    out.set(bytes, offset);
  }
  return out;
}
