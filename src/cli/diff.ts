// pare diff: two executables or snapshots.
import { diff } from "../ledger/diff.ts";
import { snapshot, type Snapshot } from "../ledger/snapshot.ts";
import { terminalOf } from "../report/terminal.ts";
import { EXIT, Failure } from "./failure.ts";
import { factsOf, isSnapshot, profileInput, readInput } from "./input.ts";
import { write } from "./output.ts";
import type { CommonOptions } from "./program.ts";

export interface DiffFlags extends CommonOptions {
  readonly top?: number;
  readonly bytes?: boolean;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly output?: string;
}

export async function diffCommand(before: string, after: string, flags: DiffFlags): Promise<void> {
  if (before === "-" && after === "-") throw new Failure(EXIT.usage, "only one side can be stdin");
  const result = diff(await side(before), await side(after));
  const { top, bytes: exact } = flags;
  let text: string;
  if (flags.json === true) text = (await import("../report/json.ts")).jsonDocument(result);
  else if (flags.markdown === true)
    text = (await import("../report/diffmarkdown.ts")).diffMarkdown(result, { top, exact });
  else {
    const toFile = flags.output !== undefined && flags.output !== "-";
    const terminal = terminalOf(toFile ? {} : process.stdout, process.env);
    text = (await import("../report/difftext.ts")).diffText(result, { terminal, top, exact });
  }
  await write(flags.output ?? "-", text);
}

async function side(path: string): Promise<Snapshot> {
  const input = await readInput(path);
  if (isSnapshot(input)) return (await import("./snapshotfile.ts")).readSnapshot(input);
  const profile = await profileInput(input, {});
  return snapshot(profile, factsOf(input, profile, true), { symbols: true });
}
