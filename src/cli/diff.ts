// pare diff: two executables, snapshots, or revisions of a package, which are built first.
import { diff, type Diff } from "../ledger/diff.ts";
import { snapshot, type Snapshot } from "../ledger/snapshot.ts";
import { visible } from "../report/escape.ts";
import { terminalOf } from "../report/terminal.ts";
import { EXIT, Failure } from "./failure.ts";
import { factsOf, type Input, isSnapshot, profileInput, readInput, STEPS } from "./input.ts";
import { onInterrupt } from "./interrupt.ts";
import { write } from "./output.ts";
import type { CommonOptions } from "./options.ts";
import { type Progress, progressOn } from "./progress.ts";
import { readSides, type Side, type Sides } from "./sides.ts";

export interface DiffFlags extends CommonOptions {
  readonly top?: number;
  readonly bytes?: boolean;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly output?: string;
}

export async function diffCommand(
  words: readonly string[],
  goFlags: readonly string[],
  flags: DiffFlags,
): Promise<void> {
  const sides = await readSides(words);
  if (goFlags.length > 0 && sides.before.type === "subject" && sides.after.type === "subject")
    throw new Failure(EXIT.usage, "flags for go build are for revisions: here nothing is built");
  const progress = progressOn(process.stderr, flags.quiet === true);
  if (flags.quiet !== true) for (const warning of sides.warnings) process.stderr.write(`pare: ${visible(warning)}\n`);
  await write(flags.output ?? "-", await answer(await compare(sides, goFlags, progress), flags));
}

async function answer(result: Diff, flags: DiffFlags): Promise<string> {
  const { top, bytes: exact } = flags;
  if (flags.json === true) return (await import("../report/json.ts")).jsonDocument(result);
  if (flags.markdown === true) return (await import("../report/diffmarkdown.ts")).diffMarkdown(result, { top, exact });
  const toFile = flags.output !== undefined && flags.output !== "-";
  const terminal = terminalOf(toFile ? {} : process.stdout, process.env);
  return (await import("../report/difftext.ts")).diffText(result, { terminal, top, exact });
}

async function compare(sides: Sides, goFlags: readonly string[], progress: Progress): Promise<Diff> {
  // one after the other: an executable takes hundreds of megabytes while it is looked into
  const before = await summary(sides.before, sides, goFlags, progress);
  const after = await summary(sides.after, sides, goFlags, progress);
  progress.done();
  return diff(before, after);
}

async function summary(
  side: Side,
  { pkg, repository }: Sides,
  goFlags: readonly string[],
  progress: Progress,
): Promise<Snapshot> {
  if (side.type === "subject") return summarize(await readInput(side.name, [], progress));
  const { COMPARABLE, shownRevision, withRevision } = await import("../toolchain/revision.ts");
  const flags = [...COMPARABLE, ...goFlags];
  if (side.type === "tree") return summarize({ ...(await readInput(pkg, flags, progress)), name: "working tree" });
  const { revision } = side;
  const options = {
    repository: repository!,
    cwd: process.cwd(),
    goFlags: flags,
    guard: onInterrupt,
    onStep: (step: { reason: keyof typeof STEPS; subject: string }) =>
      progress.step(`${STEPS[step.reason]} ${step.subject}`),
  };
  return withRevision(revision, pkg, options, (subject) => summarize({ ...subject, name: shownRevision(revision) }));
}

async function summarize(input: Input): Promise<Snapshot> {
  if (isSnapshot(input)) return (await import("./snapshotfile.ts")).readSnapshot(input);
  const profile = await profileInput(input, {});
  return snapshot(profile, factsOf(input, profile, true), { symbols: true });
}
