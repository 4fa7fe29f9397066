// Whether a release can be made again: once more from a copy of its sources in another place, from nothing, under other circumstances.
import { cpSync, mkdirSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import { Answers } from "../schedule/answers.ts";
import { Digests } from "../schedule/digests.ts";
import { Store } from "../schedule/store.ts";
import { type Guard, ToolFailure } from "../toolchain/failure.ts";
import { readFile } from "../toolchain/files.ts";
import { withTemporary } from "../toolchain/temporary.ts";
import { type Difference, firstDifference } from "./differing.ts";
import { goFacts } from "./gofacts.ts";
import { Output } from "./output.ts";
import type { Prepared } from "./prepare.ts";
import { type RunOptions, runRelease } from "./run.ts";
import { ARTIFACTS_FILE } from "./artifacts.ts";
import { readArtifacts } from "./schema.ts";

export interface Verified {
  /** Files that are the same. */
  readonly same: number;
  readonly different: readonly (Difference & { readonly path: string })[];
}

/** What the second build has in its environment that the first had otherwise. */
const OTHERWISE = {
  TZ: "Pacific/Chatham",
  LC_ALL: "tr_TR.UTF-8",
  LANG: "tr_TR.UTF-8",
  USER: "pare-verify",
  LOGNAME: "pare-verify",
};

/** What is not part of the sources. */
const LEFT_OUT = new Set([".git", "node_modules"]);

/**
 * Builds what was released once more and compares. The copy lies in a directory of another name and depth; Go's build cache is empty,
 * so that every package is compiled again. Throws ToolFailure.
 */
export function verifyRelease(prepared: Prepared, options: RunOptions, guard: Guard): Promise<Verified> {
  const { context, output, plan } = prepared;
  if (plan.items.some(({ flags }) => !flags.includes("-buildvcs=false")))
    throw new ToolFailure("flags", "--verify builds from a copy without its repository: set -buildvcs=false");
  const module = dirname(context.go.env.GOMOD);
  const top = relative(context.root, module).startsWith("..") ? module : context.root;
  return withTemporary(guard, async (temporary) => {
    const copy = join(realpathSync(temporary), "a-longer-name", "sources");
    mkdirSync(dirname(copy), { recursive: true });
    const filter = (path: string): boolean => !LEFT_OUT.has(basename(path)) && path !== output.directory;
    cpSync(top, copy, { recursive: true, filter, verbatimSymlinks: true });
    const umask = process.umask(0o077);
    try {
      const again = await elsewhere(prepared, join(copy, relative(top, context.root)), temporary);
      await runRelease(again, { ...options, symbols: undefined, keepGoing: false });
      return compare(output, again.output);
    } finally {
      process.umask(umask);
    }
  });
}

async function elsewhere({ plan, context }: Prepared, root: string, temporary: string): Promise<Prepared> {
  const kept = join(temporary, "kept");
  const answers = new Answers(join(kept, "answers.json"), new Digests(join(kept, "digests.json")));
  const env = { ...context.env, ...OTHERWISE, GOCACHE: join(temporary, "go-build") };
  const base = { cwd: root, env, guard: context.guard };
  const go = await goFacts(base, answers);
  for (const path of [go.env.GOWORK, go.env.GOMOD]) {
    const way = relative(root, path);
    if (path !== "" && isAbsolute(way)) throw new ToolFailure("flags", `${path} lies outside of what was copied`);
  }
  return {
    plan,
    context: { ...base, answers, go, root, plan },
    store: new Store(join(kept, "store"), context.guard),
    output: new Output(join(temporary, "release"), answers.digests, context.guard),
  };
}

function compare(one: Output, other: Output): Verified {
  const [first, second] = [one, other].map(
    ({ directory }) => readArtifacts(join(directory, ARTIFACTS_FILE))?.artifacts ?? [],
  );
  const different: (Difference & { path: string })[] = [];
  const sums = new Map(second.map(({ path, sha256 }) => [path, sha256]));
  for (const { path, sha256 } of first) {
    if (sums.get(path) === sha256) continue;
    if (!sums.has(path)) throw new ToolFailure("unreadable", `${path}: the second build has no such file`);
    const [a, b] = [one, other].map(({ directory }) => readFile(join(directory, path), path));
    different.push({ path, ...(firstDifference(a, b) ?? { from: 0, to: 0, owner: "" }) });
  }
  return { same: first.length - different.length, different };
}
