// Snapshots as inputs: a document made by `pare profile --json` stands for the executable it was made from.
import { snapshotSchema } from "../ledger/schema.ts";
import { SNAPSHOT_SCHEMA, type Snapshot } from "../ledger/snapshot.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Input } from "./input.ts";

/** Reads and checks a snapshot; whatever is wrong with it is said in one line. */
export function readSnapshot({ name, bytes }: Input): Snapshot {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new Failure(EXIT.unreadable, `${name}: neither an executable nor valid JSON`, (error as Error).message);
  }
  const parsed = snapshotSchema.safeParse(document);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    throw new Failure(EXIT.unreadable, `${name}: not a ${SNAPSHOT_SCHEMA} document`, `${path.join(".")}: ${message}`);
  }
  const { file, modules, overhead } = parsed.data;
  const total = [...modules, ...overhead].reduce((sum, row) => sum + row.bytes, 0);
  if (total !== file.size) {
    throw new Failure(
      EXIT.unreadable,
      `${name}: the snapshot does not sum to its file's size`,
      `${total} of ${file.size}`,
    );
  }
  return parsed.data;
}
