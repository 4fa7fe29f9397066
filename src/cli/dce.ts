// pare why --dce: what turns the linker's dead-code elimination of methods off, and what its cure would bring.
import type { Dce } from "../explain/dce.ts";
import { terminalOf } from "../report/terminal.ts";
import { openModel } from "./link.ts";
import { write } from "./output.ts";
import type { CommonOptions } from "./options.ts";

export interface DceFlags extends CommonOptions {
  readonly std?: boolean;
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
  const answer = dce(model, { knowledge, std: flags.std === true });
  await write(flags.output ?? "-", await text(answer, flags));
}

async function text(answer: Dce, flags: DceFlags): Promise<string> {
  if (flags.json === true) return (await import("../report/json.ts")).jsonDocument(answer);
  const toFile = flags.output !== undefined && flags.output !== "-";
  const terminal = terminalOf(toFile ? {} : process.stdout, process.env);
  return (await import("../report/dcetext.ts")).dceText(answer, { terminal, exact: flags.bytes, top: flags.top });
}
