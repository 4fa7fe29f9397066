// pare diff: two executables or snapshots.
import { diff } from "../ledger/diff.ts";
import { snapshot, SNAPSHOT_SCHEMA, type Snapshot } from "../ledger/snapshot.ts";
import { terminalOf } from "../report/terminal.ts";
import { EXIT, Failure } from "./failure.ts";
import { factsOf, type Input, profileInput, readInput } from "./input.ts";
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
  if (looksLikeJson(input.bytes)) return readSnapshot(input);
  const profile = await profileInput(input, {});
  return snapshot(profile, factsOf(input, profile, true), { symbols: true });
}

function looksLikeJson(bytes: Uint8Array): boolean {
  let i = 0;
  while (i < 64 && (bytes[i] === 0x20 || (bytes[i] >= 9 && bytes[i] <= 13))) i++;
  return bytes[i] === 0x7b;
}

/** A snapshot from its document; whatever is wrong with it is said in one line. */
async function readSnapshot(input: Input): Promise<Snapshot> {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder().decode(input.bytes));
  } catch (error) {
    throw new Failure(EXIT.unreadable, `${input.name}: neither an executable nor valid JSON`, (error as Error).message);
  }
  const { snapshotSchema } = await import("../ledger/schema.ts");
  const parsed = snapshotSchema.safeParse(document);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    throw new Failure(
      EXIT.unreadable,
      `${input.name}: not a ${SNAPSHOT_SCHEMA} document`,
      `${path.join(".")}: ${message}`,
    );
  }
  const { file, modules, overhead } = parsed.data;
  const total = [...modules, ...overhead].reduce((sum, row) => sum + row.bytes, 0);
  if (total !== file.size) {
    throw new Failure(
      EXIT.unreadable,
      `${input.name}: the snapshot does not sum to its file's size`,
      `${total} of ${file.size}`,
    );
  }
  return parsed.data;
}
