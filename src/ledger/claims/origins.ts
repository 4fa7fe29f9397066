// Which package's source a reference was written in: code that was inlined refers to the variables of the package it came from.
import { regionAt, type Region } from "../../binary/executable.ts";
import { inlineSteps } from "../../binary/go/inlining.ts";
import type { Pclntab } from "../../binary/go/pclntab.ts";
import type { Refs } from "../../binary/go/refs/refs.ts";

/** Package ids parallel to `refs`; 0 where the referring instruction is the function's own or the target is below `low`. */
export function refOrigins(
  t: Pclntab,
  regions: readonly Region[],
  gofunc: number,
  refs: Refs,
  low: number,
  packageAt: (nameOff: number) => number,
): Uint32Array {
  const origin = new Uint32Array(refs.count);
  const funcdata = gofunc > 0 ? regionAt(regions, gofunc) : undefined;
  if (!funcdata) return origin;
  for (let i = 0; i < refs.count;) {
    const f = refs.func[i];
    const from = i;
    let wanted = false;
    for (; i < refs.count && refs.func[i] === f; i++) wanted ||= refs.target[i] >= low;
    if (!wanted) continue;
    const to = i;
    let r = from;
    inlineSteps(t, f, funcdata, gofunc, (step) => {
      while (r < to && refs.at[r] < step.from) r++;
      for (; r < to && refs.at[r] < step.to; r++) {
        if (step.name >= 0 && refs.target[r] >= low) origin[r] = packageAt(step.name);
      }
    });
  }
  return origin;
}
