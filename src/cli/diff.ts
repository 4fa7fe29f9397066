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
import type { ProbeDump } from "../linkgraph/probe.ts";
import { readSides, type Side, type Sides } from "./sides.ts";

/**
 * What both sides of a comparison are built with, in front of the user's flags, which may overrule it. -trimpath: no byte depends on the
 * directory, and what both revisions share is compiled once. -buildvcs=false: neither does a byte depend on the commit's own name and date.
 */
const COMPARABLE = ["-trimpath", "-buildvcs=false"] as const;

export interface DiffFlags extends CommonOptions {
  readonly top?: number;
  readonly bytes?: boolean;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly output?: string;
  readonly html?: string;
}

export async function diffCommand(
  words: readonly string[],
  goFlags: readonly string[],
  flags: DiffFlags,
): Promise<void> {
  const { output = "-", html } = flags;
  const isAnswer = html === "-" && flags.json !== true && flags.markdown !== true && flags.output === undefined;
  if (html === output && !isAnswer)
    throw new Failure(EXIT.usage, `two outputs go to ${output === "-" ? "stdout" : output}`);
  const sides = await readSides(words);
  if (goFlags.length > 0 && sides.before.type === "file" && sides.after.type === "file")
    throw new Failure(EXIT.usage, "flags for go build are for packages and revisions: here nothing is built");
  const progress = progressOn(process.stderr, flags.quiet === true);
  const result = await compare(sides, goFlags, progress);
  if (html !== undefined) {
    await write(html, (await import("../report/diffhtml.ts")).diffHtmlPage(result));
    if (html !== "-" && flags.quiet !== true) process.stderr.write(`wrote ${visible(html)}\n`);
  }
  if (!isAnswer) await write(output, await answer(result, flags));
}

async function answer(result: Diff, flags: DiffFlags): Promise<string> {
  const { top, bytes: exact } = flags;
  if (flags.json === true) return (await import("../report/json.ts")).jsonDocument(result);
  if (flags.markdown === true) return (await import("../report/diffmarkdown.ts")).diffMarkdown(result, { top, exact });
  const toFile = flags.output !== undefined && flags.output !== "-";
  const terminal = terminalOf(toFile ? {} : process.stdout, process.env);
  return (await import("../report/difftext.ts")).diffText(result, { terminal, top, exact });
}

interface Summary {
  readonly snapshot: Snapshot;
  /** What the linker said of a package that was built here. */
  readonly testimony?: ProbeDump | undefined;
  /** Import path of a package that was built. */
  readonly built?: string | undefined;
  readonly warnings?: readonly string[];
}

async function compare(sides: Sides, goFlags: readonly string[], progress: Progress): Promise<Diff> {
  // one after the other: an executable takes hundreds of megabytes while it is looked into
  const before = withoutGraph(await summary(sides.before, sides, goFlags, progress));
  const after = await summary(sides.after, sides, goFlags, progress);
  progress.done();
  const built = after.built ?? before.built;
  const result = diff(before.snapshot, after.snapshot, {
    oldCommit: commitOf(sides.before),
    newCommit: commitOf(sides.after),
    build: built === undefined ? undefined : { package: built, flags: [...COMPARABLE, ...goFlags] },
    warnings: [...sides.warnings, ...(before.warnings ?? []), ...(after.warnings ?? [])],
  });
  if (!before.testimony || !after.testimony) return result;
  const { becauseOf } = await import("../explain/because.ts");
  return { ...result, because: becauseOf(result, before.testimony, after.testimony) };
}

function commitOf(side: Side): string | undefined {
  return side.type === "revision" ? side.revision.commit : undefined;
}

/** Of the old program only names are compared. */
function withoutGraph(summary: Summary): Summary {
  if (!summary.testimony) return summary;
  const { graph: _, ...testimony } = summary.testimony;
  return { ...summary, testimony };
}

async function summary(
  side: Side,
  { pkg, repository }: Sides,
  goFlags: readonly string[],
  progress: Progress,
): Promise<Summary> {
  if (side.type === "file" || side.type === "package") return summarize(await readInput(side.name, goFlags, progress));
  const flags = [...COMPARABLE, ...goFlags];
  if (side.type === "tree") {
    const input = await readInput(pkg, flags, progress, true);
    return { ...(await summarize({ ...input, name: "working tree" })), built: input.name, warnings: input.warnings };
  }
  const { shownRevision, withRevision } = await import("../toolchain/revision.ts");
  const { revision } = side;
  const options = {
    repository: repository!,
    cwd: process.cwd(),
    goFlags: flags,
    guard: onInterrupt,
    graph: true,
    onStep: (step: { reason: keyof typeof STEPS; subject: string }) =>
      progress.step(`${STEPS[step.reason]} ${step.subject}`),
  };
  return withRevision(revision, pkg, options, async (subject) => ({
    ...(await summarize({ ...subject, name: shownRevision(revision) })),
    built: subject.name,
    warnings: subject.warnings,
  }));
}

async function summarize(input: Input): Promise<Summary> {
  if (isSnapshot(input)) return { snapshot: (await import("./snapshotfile.ts")).readSnapshot(input) };
  const profile = await profileInput(input, {});
  return {
    snapshot: snapshot(profile, factsOf(input, profile, true), { symbols: true }),
    testimony: input.testimony,
  };
}
