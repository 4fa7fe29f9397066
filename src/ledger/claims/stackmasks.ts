// GC masks of stack objects, which no type has.
import { u32 } from "../../binary/bytes.ts";
import { type Executable, regionAt } from "../../binary/executable.ts";
import type { Moduledata } from "../../binary/go/moduledata.ts";
import type { GoProgram } from "../../binary/go/program.ts";
import { U32List } from "../../binary/go/types.ts";

const NONE = 0xffffffff;

/** Masks, their sizes, and the functions whose stack objects have them. */
export interface StackMasks {
  readonly rva: Uint32Array;
  readonly size: Uint32Array;
  readonly func: Uint32Array;
}

/** GC masks that only stack objects use: funcdata 2 is {n uintptr, n × {off, size, ptrBytes i32, mask u32 from rodata}} (runtime/stack.go). */
export function stackMasks(exe: Executable, go: GoProgram, module: Moduledata): StackMasks {
  const t = go.pcln;
  const [rva, size, func] = [new U32List(), new U32List(), new U32List()];
  const region = regionAt(exe.regions, module.gofunc);
  const isKnown = t.funcdataRef === 4 && module.gofunc !== 0 && module.rodata !== 0;
  if (!isKnown || !region) return { rva: rva.array(), size: size.array(), func: func.array() };
  const view = new DataView(region.bytes.buffer, region.bytes.byteOffset, region.bytes.byteLength);
  const table = new DataView(t.bytes.buffer, t.bytes.byteOffset, t.bytes.byteLength);
  for (let f = 0; f < t.nfunc; f++) {
    if (t.nfuncdata[f] <= 2) continue;
    const off = u32(table, t.funcdataAt(f) + 8, exe.littleEndian);
    if (off === NONE) continue;
    const at = module.gofunc + off - region.rva;
    if (at + exe.ptrSize > region.bytes.length) continue;
    const n = u32(view, at + (exe.ptrSize === 8 && !exe.littleEndian ? 4 : 0), exe.littleEndian);
    for (let k = 0; k < n && k < 4096; k++) {
      const record = at + exe.ptrSize + k * 16;
      if (record + 16 > region.bytes.length) break;
      const pointerBytes = view.getInt32(record + 8, exe.littleEndian);
      if (pointerBytes <= 0) continue;
      rva.push(module.rodata + u32(view, record + 12, exe.littleEndian));
      size.push(Math.ceil(pointerBytes / exe.ptrSize / 8));
      func.push(f);
    }
  }
  return { rva: rva.array(), size: size.array(), func: func.array() };
}
