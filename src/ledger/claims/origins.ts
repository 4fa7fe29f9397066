// Which package's source a reference was written in: code that was inlined refers to the variables of the package it came from.
import { type Executable, regionAt } from "../../binary/executable.ts";
import { inlineSteps } from "../../binary/go/inlining.ts";
import type { Moduledata } from "../../binary/go/moduledata.ts";
import type { GoProgram } from "../../binary/go/program.ts";
import type { Refs } from "../../binary/go/refs/refs.ts";

/** Package ids parallel to `refs`; 0 where the referring instruction is the function's own or the target is no variable. */
export function refOrigins(
  exe: Executable,
  { pcln: t }: GoProgram,
  module: Moduledata,
  refs: Refs,
  packageAt: (nameOff: number) => number,
): Uint32Array {
  const origin = new Uint32Array(refs.count);
  const { gofunc } = module;
  const low = Math.min(module.noptrdata, module.data);
  const funcdata = gofunc > 0 && !exe.wasm ? regionAt(exe.regions, gofunc) : undefined;
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
