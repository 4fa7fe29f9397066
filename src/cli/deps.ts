// pare deps: what each dependency of a program costs.
import { readFileSync } from "node:fs";
import { deps, type Deps, type DepsModule, recordOf, staleLines } from "../explain/deps.ts";
import { dependencyFindings } from "../explain/findings.ts";
import { visible } from "../report/escape.ts";
import { terminalOf } from "../report/terminal.ts";
import { EXIT, Failure } from "./failure.ts";
import { openModel } from "./link.ts";
import type { CommonOptions } from "./options.ts";
import { write } from "./output.ts";

export interface DepsFlags extends CommonOptions {
  readonly sort: "retained" | "attributed" | "cut" | "name";
  readonly tree?: boolean;
  readonly packages?: boolean;
  readonly std?: boolean;
  readonly top?: number;
  readonly bytes?: boolean;
  readonly json?: boolean;
  readonly dot?: boolean;
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
  const result: Deps = {
    ...found,
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
