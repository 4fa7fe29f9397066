// pare why --dce: what turns the linker's dead-code elimination of methods off, and what its cure would bring.
import type { Dce } from "../explain/dce.ts";
import { terminalOf } from "../report/terminal.ts";
import { onInterrupt } from "./interrupt.ts";
import { openModel } from "./link.ts";
import { write } from "./output.ts";
import type { CommonOptions } from "./options.ts";
import { progressOn } from "./progress.ts";

export interface DceFlags extends CommonOptions {
  readonly std?: boolean;
  readonly measure?: boolean;
  readonly top?: number;
  readonly bytes?: boolean;
  readonly json?: boolean;
  readonly output?: string;
}

export async function dceCommand(pkg: string, goFlags: readonly string[], flags: DceFlags): Promise<void> {
  const model = await openModel(pkg, goFlags, flags);
  const { dce } = await import("../explain/dce.ts");
  const { loadKnowledge } = await import("../toolchain/knowledge.ts");
  const knowledge = { blockers: loadKnowledge("blockers"), heavy: loadKnowledge("heavy") };
  const found = dce(model, { knowledge, std: flags.std === true });
  const answer = flags.measure === true ? { ...found, measured: await measured(found, pkg, goFlags, flags) } : found;
  await write(flags.output ?? "-", await text(answer, flags));
}

async function text(answer: Dce, flags: DceFlags): Promise<string> {
  if (flags.json === true) return (await import("../report/json.ts")).jsonDocument(answer);
  const toFile = flags.output !== undefined && flags.output !== "-";
  const terminal = terminalOf(toFile ? {} : process.stdout, process.env);
  return (await import("../report/dcetext.ts")).dceText(answer, { terminal, exact: flags.bytes, top: flags.top });
}

/** The program with all blockers cured, built; the file as it is was linked for the answer. */
async function measured(
  { blockers, dynamic, file }: Dce,
  pkg: string,
  goFlags: readonly string[],
  flags: DceFlags,
): Promise<Dce["measured"]> {
  if (dynamic) return { reason: "dynamic linking is no call that another build could replace", detail: "" };
  if (blockers.length === 0) return null;
  const { buildCured } = await import("../toolchain/cured.ts");
  const { placeOf } = await import("../toolchain/go.ts");
  const progress = progressOn(process.stderr, flags.quiet === true);
  try {
    const functions = blockers.flatMap((row) => row.functions.map(({ symbol }) => symbol));
    const steps = { stubs: "preparing for", list: "listing the packages of", build: "building without reflection in" };
    const found = await buildCured(functions, {
      ...placeOf(pkg, process.cwd()),
      goFlags,
      guard: onInterrupt,
      onStep: ({ reason, subject }) => progress.step(`${steps[reason]} ${subject}`),
    });
    if ("reason" in found) return found;
    return { ...found, gain: file.size - found.size };
  } finally {
    progress.done();
  }
}
