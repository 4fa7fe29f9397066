// The module's lists: each entry belongs to what it points at. GOROOT/src/cmd/link/internal/ld/data.go and symtab.go write them.
import { u32 } from "../../binary/bytes.ts";
import { type Executable, regionAt } from "../../binary/executable.ts";
import type { Moduledata, Span } from "../../binary/go/moduledata.ts";
import { type Claims, EXACT, KIND } from "../ledger.ts";
import type { DataResult } from "./data.ts";
import { objectAt } from "./objects.ts";

/** Claims typelinks, itablinks and the text section map. Types and itabs must have their owners by now. */
export function claimLinks(claims: Claims, exe: Executable, module: Moduledata, data: DataResult): void {
  const p = exe.ptrSize;
  const each = (
    span: Span,
    width: number,
    kind: number,
    name: string,
    target: (at: number, view: DataView) => number,
  ) => {
    const region = span.length > 0 ? regionAt(exe.regions, span.rva) : undefined;
    if (!region) return;
    const view = new DataView(region.bytes.buffer, region.bytes.byteOffset, region.bytes.byteLength);
    const symbol = claims.symbols.add(name);
    const from = span.rva - region.rva;
    const count = Math.min(span.length, Math.floor((region.bytes.length - from) / width));
    for (let i = 0; i < count; i++) {
      const o = objectAt(data.objects, target(from + i * width, view));
      claims.image(span.rva + i * width, width, kind, o < 0 ? 0 : data.owner[o], symbol, EXACT);
    }
  };
  const le = exe.littleEndian;
  each(module.typelinks, 4, KIND.type, "typelinks", (at, view) => module.types + view.getInt32(at, le));
  // an image is smaller than 4 GiB: the low half of an address tells
  const low = p === 8 && !le ? 4 : 0;
  const base = exe.imageBase % 0x1_0000_0000;
  each(module.itablinks, p, KIND.itab, "itablinks", (at, view) => (u32(view, at + low, le) - base) >>> 0);
  const runtime = claims.packages.id("runtime");
  // {vaddr, end, baseaddr uintptr} for each text section (runtime/symtab.go, textsect)
  const { textsectmap } = module;
  claims.image(
    textsectmap.rva,
    textsectmap.length * 3 * p,
    KIND.rodata,
    runtime,
    claims.symbols.add("runtime.textsectionmap"),
    EXACT,
  );
}
