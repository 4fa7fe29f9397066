// What the tests of the later claimants share: profiles of fixtures, and sums over their ledgers.
import { readFileSync } from "node:fs";
import type { Executable, Section } from "../../../src/binary/executable.ts";
import { KINDS, type Ledger } from "../../../src/ledger/ledger.ts";
import { type Profile, profile } from "../../../src/ledger/profile.ts";
import { rangeAt } from "../../../src/ledger/sweep.ts";
import { inflate } from "../../../src/toolchain/inflate.ts";
import { type GoOptions, goBuild } from "../../fixture.ts";

export interface Row {
  readonly start: number;
  readonly end: number;
  readonly kind: string;
  readonly pkg: string;
  readonly symbol: string;
}

export const profileFile = (file: string): Profile => profile(new Uint8Array(readFileSync(file)), { inflate });
export const profileOf = (options: GoOptions): Profile => profileFile(goBuild(options));

/** The ledger's ranges that touch [from, to), cut to it. */
export function rows(ledger: Ledger, from = 0, to = ledger.size): Row[] {
  const out: Row[] = [];
  for (let i = rangeAt(ledger, from); i < ledger.count && ledger.start[i] < to; i++) {
    out.push({
      start: Math.max(from, ledger.start[i]),
      end: Math.min(to, i + 1 < ledger.count ? ledger.start[i + 1] : ledger.size),
      kind: KINDS[ledger.kind[i]],
      pkg: ledger.packages.get(ledger.pkg[i]),
      symbol: ledger.symbols.get(ledger.symbol[i]),
    });
  }
  return out;
}

export const bytesOf = (list: readonly Row[]): number => list.reduce((sum, r) => sum + r.end - r.start, 0);

/** Bytes by package. */
export function byPackage(list: readonly Row[]): Map<string, number> {
  const out = new Map<string, number>();
  for (const r of list) out.set(r.pkg, (out.get(r.pkg) ?? 0) + r.end - r.start);
  return out;
}

export const debugSections = (exe: Executable): Section[] =>
  exe.sections.filter((s) => s.fileSize > 0 && /^(?:\.|__)z?debug_/.test(s.name));
