// The origin view of code: by the package that owns the function, and by the package whose source an inlined body came from.
import { type Executable, regionAt } from "../../binary/executable.ts";
import { inlineReader } from "../../binary/go/inlining.ts";
import type { GoProgram } from "../../binary/go/program.ts";
import type { Names } from "../ledger.ts";
import type { InlinedRow } from "../profile.ts";
import { type Functions, packageByName } from "./functions.ts";

/**
 * Bytes of code for each pair of owner and origin, largest first. A function's own instructions have its owner as origin; filler is
 * not counted. `codeEnd`: RVA behind each function's last instruction. undefined where the tables do not tell (before Go 1.18).
 */
export function inlinedRows(
  exe: Executable,
  { pcln: t, module }: GoProgram,
  functions: Functions,
  codeEnd: Uint32Array,
  packages: Names,
): InlinedRow[] | undefined {
  const gofunc = module?.gofunc ?? 0;
  const funcdata = gofunc > 0 ? regionAt(exe.regions, gofunc) : undefined;
  // wasm numbers its program counters by blocks, which tell nothing of bytes
  if (!funcdata || exe.wasm || t.funcdataRef !== 4) return undefined;
  const originOf = packageByName(t, packages);
  const bytes = new Map<number, number>();
  const add = (owner: number, origin: number, n: number): void => {
    const key = owner * MAX_PACKAGES + origin;
    bytes.set(key, (bytes.get(key) ?? 0) + n);
  };
  const inlined = inlineReader(t, funcdata, gofunc);
  for (let f = 0; f < t.nfunc; f++) {
    const owner = functions.owner[f];
    let own = codeEnd[f] - t.entry[f];
    inlined(f, (step) => {
      const n = Math.min(step.to, codeEnd[f]) - step.from;
      if (step.name < 0 || n <= 0) return;
      own -= n;
      add(owner, originOf(step.name) || owner, n);
    });
    if (own > 0) add(owner, owner, own);
  }
  return [...bytes]
    .map(([key, n]) => ({
      owner: packages.get(Math.floor(key / MAX_PACKAGES)),
      origin: packages.get(key % MAX_PACKAGES),
      bytes: n,
    }))
    .sort((a, b) => b.bytes - a.bytes || order(a.owner, b.owner) || order(a.origin, b.origin));
}

/** Two package ids make one exact number. */
const MAX_PACKAGES = 2 ** 26;

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
