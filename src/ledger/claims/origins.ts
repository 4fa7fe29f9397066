// Which package's source a reference was written in: code that was inlined refers to the variables of the package it came from.
import { type Executable, regionAt } from "../../binary/executable.ts";
import { takeU32 } from "../../binary/memory.ts";
import { inlineReader, type InlineStep } from "../../binary/go/inlining.ts";
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
  const origin = takeU32(refs.count).fill(0);
  const { gofunc } = module;
  const low = Math.min(module.noptrdata, module.data);
  const funcdata = gofunc > 0 && !exe.wasm ? regionAt(exe.regions, gofunc) : undefined;
  if (!funcdata) return origin;
  const { count, func, target, at } = refs;
  const inlined = inlineReader(t, funcdata, gofunc);
  // the references of the function at hand that no step has reached yet
  let r = 0;
  let to = 0;
  const note = (step: InlineStep): void => {
    while (r < to && at[r] < step.from) r++;
    for (; r < to && at[r] < step.to; r++) {
      if (step.name >= 0 && target[r] >= low) origin[r] = packageAt(step.name);
    }
  };
  /** Where the references of the same function end; to note them is wanted where one of them leads to a variable. */
  let wanted = false;
  const endOf = (from: number): number => {
    wanted = false;
    let i = from;
    for (; i < count && func[i] === func[from]; i++) wanted ||= target[i] >= low;
    return i;
  };
  for (let from = 0; from < count; from = to) {
    to = endOf(from);
    r = from;
    if (wanted) inlined(func[from], note);
  }
  return origin;
}
