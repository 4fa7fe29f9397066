// Dictionaries of generic code: read-only words that an instance gets as a hidden argument (cmd/compile/internal/noder/reader.go). The
// compiler files them under the package that instantiates; they belong to the generic function, which is called right after.
import { u32 } from "../../binary/bytes.ts";
import { type Executable, regionAt } from "../../binary/executable.ts";
import { functionAt, type Pclntab } from "../../binary/go/pclntab.ts";
import type { GoProgram } from "../../binary/go/program.ts";
import type { Refs } from "../../binary/go/refs/refs.ts";
import { KIND } from "../ledger.ts";
import type { Functions } from "./functions.ts";
import type { Objects } from "./objects.ts";

/** How many bytes behind the instruction that forms the dictionary's address the call stands. */
const REACH = 96;

/** What a generic function's name says about its hidden argument: it comes first, or behind a receiver. */
type Instance = "function" | "method" | "";

/** How many references to an object are asked for the call that tells its owner. */
const ASKED = 8;

/** For each object the package of the generic function whose dictionary it is, or 0. */
export function dictionaryOwners(
  exe: Executable,
  go: GoProgram,
  functions: Functions,
  objects: Objects,
  refs: Refs,
  byTarget: Uint32Array,
): Uint32Array {
  const out = new Uint32Array(objects.count);
  const calleeAt = dictionaryCalls(exe, go.pcln, refs);
  const { target } = refs;
  const firstAt = (r: number, rva: number): number => {
    while (r < byTarget.length && target[byTarget[r]] < rva) r++;
    return r;
  };
  const ownerAt = (r: number, rva: number): number => {
    for (let k = r; k < byTarget.length && k < r + ASKED && target[byTarget[k]] === rva; k++) {
      const callee = calleeAt(byTarget[k]);
      if (callee >= 0) return functions.owner[callee];
    }
    return 0;
  };
  for (let o = 0, r = 0; o < objects.count; o++) {
    if (objects.kind[o] !== KIND.rodata || objects.named[o] || objects.exact[o]) continue;
    r = firstAt(r, objects.start[o]);
    out[o] = ownerAt(r, objects.start[o]);
  }
  return out;
}

/**
 * Answers, for the number of a reference, the generic function (its index) that is called with the address as its dictionary, or −1.
 * Only amd64 and arm64.
 */
function dictionaryCalls(exe: Executable, t: Pclntab, refs: Refs): (ref: number) => number {
  const callAfter = exe.arch === "amd64" ? callAmd64 : exe.arch === "arm64" ? callArm64 : undefined;
  const code = t.nfunc > 0 ? regionAt(exe.regions, t.entry[0]) : undefined;
  if (!callAfter || !code) return () => -1;
  const view = new DataView(code.bytes.buffer, code.bytes.byteOffset, code.bytes.byteLength);
  const kinds = new Map<number, Instance>();
  return (i) => {
    if (refs.formed[i] === 0) return -1;
    const end = Math.min(t.end[refs.func[i]] - code.rva, view.byteLength, refs.at[i] - code.rva + REACH);
    const call = callAfter(code.bytes, view, refs.at[i] - code.rva, end);
    const callee = call ? functionAt(t, code.rva + call.target) : -1;
    if (!call || callee < 0) return -1;
    let kind = kinds.get(callee);
    if (kind === undefined) kinds.set(callee, (kind = instanceOf(t, callee)));
    return (kind === "function" ? call.argument === 0 : kind === "method" && call.argument > 0) ? callee : -1;
  };
}

/** A call's target, as an offset in the code, and the number of the integer argument that the register in front of it holds. */
interface Call {
  readonly target: number;
  readonly argument: number;
}

/** Registers of integer arguments in order: AX, BX, CX, DI, SI, R8–R11 (cmd/compile/abi-internal.md). */
const AMD64_ARGUMENTS: readonly number[] = [0, 3, 1, 7, 6, 8, 9, 10, 11];

/** REX.W LEA register, disp32(RIP), of which `at` is the ModRM byte, and the first CALL rel32 behind it. */
function callAmd64(code: Uint8Array, view: DataView, at: number, end: number): Call | undefined {
  if (at < 2) return undefined;
  const register = ((code[at] >> 3) & 7) | ((code[at - 2] & 4) << 1);
  const argument = AMD64_ARGUMENTS.indexOf(register);
  if (argument < 0) return undefined;
  for (let i = at + 5; i + 5 <= end; i++) {
    if (code[i] !== 0xe8) continue;
    const target = i + 5 + view.getInt32(i + 1, true);
    // an operand may look like a call, but hardly like one of the start of a function
    if (target >= 0 && target < view.byteLength && target % 16 === 0) return { target, argument };
  }
  return undefined;
}

/** ADD Xd, …, of which `at` is the place, and the first BL behind it; arguments are in R0, R1, … */
function callArm64(_: Uint8Array, view: DataView, at: number, end: number): Call | undefined {
  const argument = u32(view, at, true) & 31;
  for (let i = at + 4; i + 4 <= end; i += 4) {
    const word = u32(view, i, true);
    if (word >>> 26 === 0x25) return { target: i + ((word << 6) >> 4), argument };
  }
  return undefined;
}

/** "slices.Sort[go.shape.int]" is a function, "sync/atomic.(*Pointer[go.shape.int]).Load" a method. */
function instanceOf(t: Pclntab, f: number): Instance {
  let open = false;
  let last = 0;
  for (let i = t.funcnametab + t.nameOff[f]; i < t.bytes.length && t.bytes[i] !== 0; i++) {
    last = t.bytes[i];
    if (last === 91) open = true;
  }
  return open ? (last === 93 ? "function" : "method") : "";
}
