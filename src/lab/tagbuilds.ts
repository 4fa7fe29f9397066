// Tag discovery with a real go command: reads the files of a build, and builds and tests it with other tags.
import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Tag } from "../advice/schema.ts";
import { profile } from "../ledger/profile.ts";
import { snapshot } from "../ledger/snapshot.ts";
import { Cancelled, type Executor } from "../schedule/executor.ts";
import { type Guard, ToolFailure } from "../toolchain/failure.ts";
import { build, type GoContext, test as goTest, type Tested } from "../toolchain/go.ts";
import { addFlags } from "../toolchain/goflags.ts";
import { watchTree } from "../toolchain/processtree.ts";
import { headOf, type ListedBuild, listFiles } from "../toolchain/taggedfiles.ts";
import { headerOf } from "./constraint.ts";
import { findTags, type FoundTag } from "./findtags.ts";
import { measureTags, NOISE, type TagBuilder, type TagBuilt, type TagResult, type TagSet } from "./tags.ts";

/** The build that tags are tried on. */
export interface TagSubject {
  /** Import path, or what the go command takes in `cwd`. */
  readonly pkg: string;
  readonly cwd: string;
  /** Of the variant that tags are added to. */
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** GOFLAGS in force. */
  readonly goflags: string;
  readonly guard: Guard;
}

export interface Discovery {
  /** What is known of tags. */
  readonly entries: readonly Tag[];
  /** The most promising first. */
  readonly found: readonly FoundTag[];
  /** Tags that the build has already. */
  readonly own: readonly string[];
}

/** Finds the tags that a build's packages read; nothing is compiled. Throws ToolFailure. */
export async function discoverTags(subject: TagSubject, entries: readonly Tag[]): Promise<Discovery> {
  const listed = await listFiles(subject.pkg, subject.flags, contextOf(subject));
  return { entries, found: findTags(listed, taggedPackages(listed), entries), own: listed.tags };
}

function taggedPackages({ packages }: ListedBuild): Parameters<typeof findTags>[1] {
  return packages.map(({ path, name, module, version, directory, files }) => ({
    path,
    name,
    module,
    version,
    files: files.flatMap((file) => {
      const header = headerOf(headOf(directory, file));
      return header === undefined || header.constraint === null ? [] : [{ name: file, header }];
    }),
  }));
}

const contextOf = ({ cwd, env, guard }: TagSubject): GoContext => ({ cwd, env, guard });

export interface TagRun {
  readonly executor: Pick<Executor, "run">;
  /** A temporary directory. */
  readonly directory: string;
  /** Bytes that one build is expected to hold at its peak. */
  readonly memory: number;
  /** Seconds that are left for builds that have not begun. */
  readonly left: () => number;
  /** Packages to test with each tag; none: no tests. */
  readonly tested: readonly string[];
}

/** Far from every size. */
const NOTHING = -Infinity;

/** Tags of a set without which the same files would be compiled. */
async function idleTags(subject: TagSubject, own: readonly string[], tags: TagSet): Promise<Set<string>> {
  const found = await foundWith(subject, own, tags, []);
  const works = new Set(found.flatMap(({ tag, skip }) => (skip?.why === "unchanged" ? [] : [tag])));
  return new Set([...tags.set, ...tags.drop].filter((tag) => !works.has(tag)));
}

/** The tags that the packages of the program with these tags read. */
async function foundWith(
  subject: TagSubject,
  own: readonly string[],
  tags: TagSet,
  entries: readonly Tag[],
): Promise<FoundTag[]> {
  const listed = await listFiles(subject.pkg, flagsWith(subject, own, tags), contextOf(subject));
  return findTags(listed, taggedPackages(listed), entries);
}

/** Builds and marks all that were found. Throws ToolFailure if the program does not build as it is. */
export async function tagRows(
  subject: TagSubject,
  { found, own, entries }: Discovery,
  run: TagRun,
): Promise<TagResult> {
  const base = await buildOnce(subject, own, { set: [], drop: [] }, run, NOTHING);
  if (!base.ok) throw new ToolFailure("build-failed", base.output);
  const near = base.bytes;
  let building = 0;
  /** Packages whose tests fail without any change of tags. */
  let failing: Promise<readonly string[]> | undefined;
  /** What fails with these tags and not without; null if nothing does. */
  const test = async (tags: TagSet): Promise<string | null> => {
    failing ??= runTests(subject, own, { set: [], drop: [] }, run.tested, run).then(({ failed }) => failed);
    const anyway = await failing;
    const tested = run.tested.filter((pkg) => !anyway.includes(pkg));
    if (tested.length === 0) return null;
    const { passes, output } = await runTests(subject, own, tags, tested, run);
    return passes ? null : firstLine(`\n${output}`);
  };
  const builder: TagBuilder = {
    async build(tags, name) {
      // one may always begin, so that a budget that is too short still says something
      if (building++ > 0 && run.left() <= 0) return null;
      return buildOnce(subject, own, tags, run, near, name).catch((error: unknown) => {
        if (error instanceof Cancelled && run.left() <= 0) return null;
        throw error;
      });
    },
    idle: (tags) => idleTags(subject, own, tags),
    discover: (tags) => foundWith(subject, own, tags, entries),
    ...(run.tested.length > 0 ? { test } : {}),
  };
  const result = await measureTags(found, base.bytes, builder);
  return { ...result, failing: (await failing) ?? [] };
}

const named = ({ set, drop }: TagSet): string => [...set, ...drop.map((tag) => `without ${tag}`)].join(", ");

/** The flags of the subject with other tags. */
export function flagsWith(
  subject: Pick<TagSubject, "flags" | "goflags">,
  own: readonly string[],
  { set, drop }: TagSet,
): string[] {
  const tags = [...own.filter((tag) => !drop.includes(tag)), ...set];
  return addFlags(subject.flags, subject.goflags, { more: [`-tags=${[...new Set(tags)].join(",")}`] });
}

function buildOnce(
  subject: TagSubject,
  own: readonly string[],
  tags: TagSet,
  { executor, directory, memory }: TagRun,
  near: number,
  name = named(tags),
): Promise<TagBuilt> {
  const isBase = tags.set.length === 0 && tags.drop.length === 0;
  const flags = isBase ? subject.flags : flagsWith(subject, own, tags);
  const key = `tags ${JSON.stringify([subject.pkg, subject.env, flags])}`;
  const output = join(directory, `tags-${createHash("sha256").update(key).digest("hex").slice(0, 16)}`);
  return executor.run({
    key,
    label: isBase ? "building it as it is" : `building with ${name}`,
    memory,
    run: async ({ signal, holds }) => {
      let watch: ReturnType<typeof watchTree> | undefined;
      const onStart = (pid: number): void => {
        watch = watchTree(pid, holds);
      };
      try {
        await build(
          { pkg: subject.pkg, flags, output, scratch: directory },
          { ...contextOf(subject), signal, onStart },
        );
        const bytes = readFileSync(output);
        const isNear = Math.abs(bytes.length - near) < NOISE;
        return { ok: true, bytes: bytes.length, digest: isNear ? digestOf(bytes) : "" };
      } catch (error) {
        // a build that was ended says nothing of its tags
        if (signal.aborted || !(error instanceof ToolFailure) || error.code !== "build-failed") throw error;
        return { ok: false, line: firstLine(error.message), output: error.message };
      } finally {
        watch?.stop();
        rmSync(output, { force: true });
      }
    },
  });
}

function runTests(
  subject: TagSubject,
  own: readonly string[],
  tags: TagSet,
  tested: readonly string[],
  { executor, memory }: TagRun,
): Promise<Tested> {
  const isBase = tags.set.length === 0 && tags.drop.length === 0;
  const flags = flagsWith(subject, own, tags).filter((flag) => /^--?tags=/.test(flag));
  return executor.run({
    key: `tests ${JSON.stringify([tested, subject.env, flags])}`,
    label: isBase ? "testing it as it is" : `testing with ${named(tags)}`,
    memory,
    run: ({ signal }) => goTest(tested, flags, {}, { ...contextOf(subject), signal }),
  });
}

/**
 * SHA-256 of what a program is made of: every function, and the bytes of each kind by package. The list of files in the function table is
 * left out: it names those too that only hold constants.
 */
function digestOf(bytes: Uint8Array): string {
  const { modules, kinds } = snapshot(profile(bytes, {}), { name: "", sha256: "" }, { symbols: true });
  const part = ({ pclntab: _, padding: __, ...rest }: Partial<typeof kinds>): unknown => rest;
  const lines = modules.flatMap((module) =>
    module.packages.flatMap(({ path, symbols = [] }) =>
      symbols.map(({ name, kinds: own }) => JSON.stringify([path, name, part(own)])),
    ),
  );
  return createHash("sha256")
    .update([JSON.stringify(part(kinds)), ...lines.sort()].join("\n"))
    .digest("hex");
}

/** The first line that says something: what stands in front of it, and names of packages, are passed over. */
function firstLine(output: string): string {
  const lines = output.split("\n").slice(1);
  return lines.find((line) => line.trim() !== "" && !/^(?:#|---|===|\?|ok\b)/.test(line))?.trim() ?? output.trim();
}
