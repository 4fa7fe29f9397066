// Gives the image of a Mach-O object its addresses, as a linker would. Specification: Apple's <mach-o/x86_64/reloc.h> and
// <mach-o/arm64/reloc.h>; what Go asks of external linkers: GOROOT/src/cmd/link/internal/{amd64,arm64}/asm.go (machoreloc1).
import type { Bytes } from "./bytes.ts";
import type { Region } from "./executable.ts";
import { type Shape, shapeSize, writeAddress } from "./linking.ts";
import type { MachoSection } from "./macho.ts";

const CPU_AMD64 = 0x0100_0007;
const CPU_ARM64 = 0x0100_000c;
const ARM64_ADDEND = 10;

interface ObjectFile {
  readonly bytes: Bytes;
  readonly cpu: number;
  readonly sections: readonly MachoSection[];
  readonly regions: Region[];
  /** File offset and number of the 16-byte symbol records. */
  readonly symbolsAt: number;
  readonly symbolCount: number;
}

/** By relocation type; pointers have eight bytes (length 3) or four. */
function shapeOf(cpu: number, type: number, length: number): Shape | undefined {
  if (type === 0) return length === 3 ? "word" : length === 2 ? "abs32" : undefined;
  if (cpu === CPU_AMD64) return type === 1 || type === 2 || (type >= 6 && type <= 8) ? "rel32" : undefined;
  return ({ 2: "branch26", 3: "page", 4: "low12" } as const)[type];
}

/** Address of a symbol that stands in a loaded section, else NaN. */
function addressOf(file: ObjectFile, symbol: number): number {
  if (symbol >= file.symbolCount) return NaN;
  const at = file.symbolsAt + symbol * 16;
  const section = file.sections[file.bytes.u8(at + 5) - 1];
  return section && section.rva >= 0 ? file.bytes.u64(at + 8) : NaN;
}

/**
 * Replaces the regions of an object by copies whose pointers and references lead to their targets; its sections have addresses
 * already. Relocations against symbols of other objects stay empty; those against sections need nothing.
 */
export function linkMachoObject(file: ObjectFile): void {
  const { bytes, cpu, sections, regions } = file;
  if (cpu !== CPU_AMD64 && cpu !== CPU_ARM64) return;
  for (const s of sections) {
    const index = s.relocationCount > 0 && s.rva >= 0 ? regions.findIndex((r) => r.rva === s.rva) : -1;
    if (index < 0) continue;
    const copy = new Uint8Array(regions[index].bytes);
    const view = new DataView(copy.buffer);
    let addend = 0;
    for (let i = 0; i < s.relocationCount; i++) {
      const at = s.relocationsAt + i * 8;
      const slot = bytes.u32(at);
      const info = bytes.u32(at + 4);
      const type = info >>> 28;
      if (cpu === CPU_ARM64 && type === ARM64_ADDEND) {
        addend = (info << 8) >> 8;
        continue;
      }
      const shape = shapeOf(cpu, type, (info >>> 25) & 3);
      const external = ((info >>> 27) & 1) === 1;
      const address = external ? addressOf(file, info & 0xff_ffff) : NaN;
      if (shape && address >= 0 && slot + shapeSize(shape, 8) <= copy.length) {
        let target = address + addend;
        if (shape === "word") target += Number(view.getBigInt64(slot, true));
        else if (shape === "abs32") target += view.getInt32(slot, true);
        // Distances count from the end of the four bytes.
        else if (shape === "rel32") target += view.getInt32(slot, true) - 4;
        writeAddress(view, slot, shape, target, s.rva + slot, 8, true);
      }
      addend = 0;
    }
    regions[index] = { ...regions[index], bytes: copy };
  }
}
