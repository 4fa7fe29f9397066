// Profiles mutations of one file in a process of its own, so that a hang or a crash takes nobody along. Started by fuzz.test.ts:
//   node --expose-gc fuzzworker.ts NAME FILE FIRST LAST     seeds FIRST (inclusive) to LAST (exclusive), or, with recipes on stdin: -
// Writes "seed N" before each seed, "grew N" after one that took much memory, "failed RECIPE\tREASON" for what broke a promise, and
// at the end "done PEAK".
import { readFileSync } from "node:fs";
import { type Profile, profile } from "../src/ledger/profile.ts";
import { snapshot } from "../src/ledger/snapshot.ts";
import { inflate } from "../src/toolchain/inflate.ts";
import { KINDS } from "../src/ledger/ledger.ts";
import { InputError } from "../src/binary/bytes.ts";
import {
  type Anatomy,
  anatomyOf,
  applyEdits,
  type Edit,
  formatRecipe,
  minimise,
  mutation,
  parseRecipes,
} from "./mutate.ts";

/** What is wrong with a profile of `size` bytes; "" if nothing. */
function broken({ ledger }: Profile, size: number): string {
  if (ledger.size !== size) return `the ledger covers ${String(ledger.size)} of ${String(size)} bytes`;
  if (size > 0 && (ledger.count === 0 || ledger.start[0] !== 0)) return "the ledger does not begin at 0";
  for (let i = 0; i < ledger.count; i++) {
    const end = i + 1 < ledger.count ? ledger.start[i + 1] : size;
    if (!(ledger.start[i] < end)) return `range ${String(i)} is empty or out of order`;
    if (ledger.kind[i] >= KINDS.length) return `range ${String(i)} has no kind`;
    if (ledger.evidence[i] > 3) return `range ${String(i)} has no evidence`;
  }
  return "";
}

/** What is wrong with how these bytes are profiled; "" if nothing: an InputError of one line, or sums that hold. */
function failure(bytes: Uint8Array): string {
  try {
    const result = profile(bytes, { inflate, inlined: true });
    const wrong = broken(result, bytes.length);
    if (wrong !== "") return wrong;
    const summary = snapshot(result, { name: "fuzz", sha256: "" }, { symbols: true });
    const sum = (list: readonly { readonly bytes: number }[]): number =>
      list.reduce((all, each) => all + each.bytes, 0);
    if (sum(summary.modules) + sum(summary.overhead) !== bytes.length) return "modules and overhead do not sum";
    if (Object.values(summary.kinds).reduce((all, each) => all + each, 0) !== bytes.length) return "kinds do not sum";
    for (const module of summary.modules) {
      if (sum(module.packages) !== module.bytes) return `the packages of ${module.path} do not sum`;
    }
    JSON.stringify(summary);
    return "";
  } catch (error) {
    if (error instanceof InputError && /^[^\n]+$/.test(error.message)) return "";
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

/** Adds what matters beyond the container: the Go tables, found through the ledger of the undamaged file. */
function goAnatomy(bytes: Uint8Array): Anatomy {
  const { exe, ledger } = profile(bytes);
  const container = anatomyOf(exe);
  const byKind = new Map<number, number[]>();
  for (let i = 0; i < ledger.count; i++) {
    const list = byKind.get(ledger.kind[i]);
    if (list === undefined) byKind.set(ledger.kind[i], [i]);
    else list.push(i);
  }
  const hot = [...container.hot];
  for (const kind of ["pclntab", "type", "itab", "data", "rodata", "funcdata"] as const) {
    const ranges = byKind.get(KINDS.indexOf(kind)) ?? [];
    const step = Math.max(1, Math.floor(ranges.length / 40));
    for (let i = 0; i < ranges.length; i += step) {
      const at = ranges[i];
      hot.push({ start: ledger.start[at], end: at + 1 < ledger.count ? ledger.start[at + 1] : ledger.size });
    }
  }
  return { ...container, hot };
}

/** Growth of the peak that makes a mutation worth a process of its own. */
const SUSPICIOUS = 10e6;

/** Peak of resident memory so far, in bytes. */
const peak = (): number => process.resourceUsage().maxRSS * 1024;

const [name, file, first, last] = process.argv.slice(2);
const bytes = new Uint8Array(readFileSync(file));
const fails = (edits: readonly Edit[]): boolean => failure(applyEdits(bytes, edits)) !== "";
const say = (line: string): void => void process.stdout.write(`${line}\n`);

if (first === "-") {
  for (const { base, edits } of parseRecipes(readFileSync(0, "utf8"))) {
    if (base !== name) continue;
    const reason = failure(applyEdits(bytes, edits));
    if (reason !== "") say(`failed ${formatRecipe({ base, edits })}\t${reason}`);
  }
} else {
  const anatomy = goAnatomy(bytes);
  for (let seed = Number(first); seed < Number(last); seed++) {
    say(`seed ${String(seed)}`);
    // garbage of many would hide what one takes; a collection each time would throw the compiled code away too
    if (seed % 25 === 0) globalThis.gc?.();
    const edits = mutation(anatomy, seed);
    const before = peak();
    const failed = fails(edits);
    if (peak() > before + SUSPICIOUS) say(`grew ${String(seed)}`);
    if (!failed) continue;
    const least = minimise(edits, fails);
    const reason = failure(applyEdits(bytes, least)).split("\n").slice(0, 4).join(" | ");
    say(`failed ${formatRecipe({ base: name, edits: least })}\t${reason}`);
  }
}
say(`done ${String(peak())}`);
