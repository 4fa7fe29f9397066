// Which package's source a reference was written in: code that was inlined refers to the variables of the package it came from.
import { type Executable, regionAt } from "../../binary/executable.ts";
import { takeU32 } from "../../binary/memory.ts";
import { inlineReader, type InlineStep } from "../../binary/go/inlining.ts";
import type { Moduledata } from "../../binary/go/moduledata.ts";
import type { GoProgram } from "../../binary/go/program.ts";
import type { Refs } from "../../binary/go/refs/refs.ts";

/** Package ids parallel to `refs`; 0 where the target is no variable. */
export interface Origins {
  /** Whose code refers to it; 0 where that is the function's own. */
  readonly inlined: Uint32Array;
  /** Whose inlined code begins right behind a reference of the function's own: an argument of that call, which may be of its package. */
  readonly next: Uint32Array;
}

/** How many bytes in front of inlined code an argument of it is loaded. */
const REACH = 16;

export function refOrigins(
  exe: Executable,
  { pcln: t }: GoProgram,
  module: Moduledata,
  refs: Refs,
  packageAt: (nameOff: number) => number,
): Origins {
  const inlined = takeU32(refs.count).fill(0);
  const next = takeU32(refs.count).fill(0);
  const { gofunc } = module;
  const low = Math.min(module.noptrdata, module.data);
  const funcdata = gofunc > 0 && !exe.wasm ? regionAt(exe.regions, gofunc) : undefined;
  if (!funcdata) return { inlined, next };
  const { count, func, target, at } = refs;
  const stepsOf = inlineReader(t, funcdata, gofunc);
  // the references of the function at hand that no step has reached yet, and the first of all
  let r = 0;
  let first = 0;
  let to = 0;
  const note = (step: InlineStep): void => {
    while (r < to && at[r] < step.from) r++;
    if (step.name >= 0) noteArguments(step);
    for (; r < to && at[r] < step.to; r++) {
      if (step.name >= 0 && target[r] >= low) inlined[r] = packageAt(step.name);
    }
  };
  const noteArguments = ({ from, name }: InlineStep): void => {
    for (let k = r - 1; k >= first && at[k] >= from - REACH && inlined[k] === 0; k--)
      if (target[k] >= low) next[k] = packageAt(name);
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
    first = r = from;
    if (wanted) stepsOf(func[from], note);
  }
  return { inlined, next };
}
