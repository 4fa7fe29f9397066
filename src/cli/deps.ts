// pare deps: what each dependency of a program costs.
import { readFileSync } from "node:fs";
import { deps, type Deps, type DepsMeasured, type DepsModule, recordOf, staleLines } from "../explain/deps.ts";
import { dependencyFindings } from "../explain/findings.ts";
import { nearest } from "../ledger/nearest.ts";
import { visible } from "../report/escape.ts";
import { terminalOf } from "../report/terminal.ts";
import { EXIT, Failure } from "./failure.ts";
import { onInterrupt } from "./interrupt.ts";
import { openModel } from "./link.ts";
import type { CommonOptions } from "./options.ts";
import { write } from "./output.ts";
import { progressOn } from "./progress.ts";

export interface DepsFlags extends CommonOptions {
  readonly sort: "retained" | "attributed" | "cut" | "name";
  readonly tree?: boolean;
  readonly packages?: boolean;
  readonly std?: boolean;
  readonly top?: number;
  readonly bytes?: boolean;
  readonly json?: boolean;
  readonly dot?: boolean;
  readonly measure?: readonly string[];
  readonly record?: string;
  readonly check?: string;
  readonly output?: string;
}

export async function depsCommand(pkg: string, goFlags: readonly string[], flags: DepsFlags): Promise<void> {
  const recorded = flags.check === undefined ? undefined : read(flags.check);
  const model = await openModel(pkg, goFlags, flags);
  const { loadKnowledge } = await import("../toolchain/knowledge.ts");
  const knowledge = {
    duplicates: loadKnowledge("duplicates"),
    testpackages: loadKnowledge("testpackages"),
    versions: loadKnowledge("versions"),
  };
  const found = deps(model);
  const measured = flags.measure && (await measure(found.modules, pkg, goFlags, flags));
  const result: Deps = {
    ...found,
    ...(measured ? { measured } : {}),
    modules: sorted(found.modules, flags.sort),
    findings: dependencyFindings(knowledge, model.snapshot),
    warnings: model.snapshot.warnings,
  };
  const std = flags.std === true;
  if (recorded !== undefined) return check(flags.check!, staleLines(recorded, recordOf(result.modules, std)));
  if (flags.record !== undefined) {
    await write(flags.record, recordOf(result.modules, std));
    if (flags.record !== "-" && flags.quiet !== true) process.stderr.write(`wrote ${visible(flags.record)}\n`);
    if (flags.record === "-") return;
  }
  await write(flags.output ?? "-", await answer(result, flags));
}

async function answer(result: Deps, flags: DepsFlags): Promise<string> {
  if (flags.json === true) return (await import("../report/json.ts")).jsonDocument(result);
  if (flags.dot === true) return (await import("../report/depsdot.ts")).depsDot(result, flags.std === true);
  const toFile = flags.output !== undefined && flags.output !== "-";
  const terminal = terminalOf(toFile ? {} : process.stdout, process.env);
  const { depsText, depsTree } = await import("../report/depstext.ts");
  const { bytes: exact, top, std, packages } = flags;
  return (flags.tree === true ? depsTree : depsText)(result, { terminal, exact, top, std, packages });
}

/** Real builds without each target, one after the other. */
async function measure(
  modules: readonly DepsModule[],
  pkg: string,
  goFlags: readonly string[],
  flags: DepsFlags,
): Promise<DepsMeasured[]> {
  const rows = new Map<string, { attributed: number; retained: number }>();
  for (const module of modules) {
    for (const p of module.packages) rows.set(p.path, p);
    rows.set(module.path, module);
  }
  const targets = [...new Set(flags.measure)];
  for (const target of targets) {
    if (rows.has(target)) continue;
    const meant = nearest(target, [...rows.keys()]);
    const hint = meant === undefined ? "" : ` (Did you mean ${meant}?)`;
    throw new Failure(EXIT.usage, `no module or package ${target} is linked${hint}`);
  }
  const { measureRemovals } = await import("../toolchain/removed.ts");
  const progress = progressOn(process.stderr, flags.quiet === true);
  try {
    const { size, rows: found } = await measureRemovals(targets, {
      pkg,
      cwd: process.cwd(),
      goFlags,
      guard: onInterrupt,
      onStep: ({ reason, subject }) =>
        progress.step(`${reason === "build" && subject === pkg ? "building" : STEP[reason]} ${subject}`),
    });
    return found.map((row) => {
      const { attributed, retained } = rows.get(row.target)!;
      const known = { target: row.target, attributed, retained };
      if ("reason" in row) {
        const notes = [row.detail === "" ? row.reason : `${row.reason}:\n${row.detail}`];
        return { ...known, removed: null, without: null, stubs: null, notes };
      }
      const asked = new Set(row.packages.filter((p) => p.asked).map((p) => p.path));
      const notes = [
        ...row.refused.map((r) => `${r.name} ${r.reason}`),
        ...row.kept
          .filter((v) => asked.has(v.package))
          .map((v) => `${v.package}.${v.name} keeps its value: ${v.reason}`),
      ];
      return { ...known, removed: size - row.size + row.stubs, without: row.size, stubs: row.stubs, notes };
    });
  } finally {
    progress.done();
  }
}

const STEP = { list: "listing", stubs: "preparing stubs for", build: "building without" } as const;

function sorted(modules: readonly DepsModule[], by: DepsFlags["sort"]): DepsModule[] {
  const key = { retained: "retained", attributed: "attributed", cut: "cutScore" } as const;
  const byName = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);
  if (by === "name") return modules.toSorted(byName);
  return modules.toSorted((a, b) => b[key[by]] - a[key[by]] || byName(a, b));
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const hint = missing ? `there is none yet: pare deps --record ${path}` : String(error);
    throw new Failure(EXIT.unreadable, `${path}: ${hint}`);
  }
}

function check(path: string, stale: readonly string[]): void {
  if (stale.length === 0) return;
  throw new Failure(
    EXIT.checkFailed,
    `${path} is stale; pare deps --record ${path} brings it up to date:\n${stale.map((line) => `  ${line}`).join("\n")}`,
  );
}
