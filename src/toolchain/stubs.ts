// What a package really weighs: the program built without it, with stubs in its place that keep its API and do nothing. The same for
// functions. The program is only measured, never run.
import { mkdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Change, changedBuild, type Setting, userOverlay } from "./changedbuild.ts";
import { type Guard, ToolFailure } from "./failure.ts";
import { build, checkFlags, type Environment, goEnv } from "./go.ts";
import { type Listed, listBuild } from "./golist.ts";
import { type FunctionEdit, type StubAnswer, type StubRequest, stubHelper, writeStubs } from "./stubhelper.ts";
import { withTemporary } from "./temporary.ts";

export interface MeasureOptions {
  /** Import path or directory of the program, as seen from `cwd`. */
  readonly pkg: string;
  readonly cwd: string;
  /** Flags of `go build`: the same for all builds. */
  readonly goFlags: readonly string[];
  readonly env?: Environment;
  readonly guard: Guard;
  /** Steps that take long, as they begin. */
  readonly onStep?: (step: { readonly reason: "stubs" | "list" | "build"; readonly subject: string }) => void;
}

/** A program without something. */
export interface Without {
  /** Size of the file in bytes. */
  readonly size: number;
  /** Packages that were taken out, sorted: those that were asked for, and those that are linked only because these import them. */
  readonly packages: readonly { readonly path: string; readonly asked: boolean }[];
  /** Variables that are left as they were, with what initialises them: they hold the measured number down. */
  readonly kept: readonly { readonly package: string; readonly name: string; readonly reason: string }[];
  /** What was asked for and is left as it was. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

/** Why there is no number. */
export interface NotMeasured {
  readonly reason: string;
  /** Go's own first words, if it was Go that refused. */
  readonly detail: string;
}

/** Something done with the program that was built, before it is removed. */
export type OnBuilt = (path: string, what: Without) => Promise<void> | void;

export interface Measurement {
  /** Size of the program as it is, in bytes; built when it is first asked for. */
  baseline(): Promise<number>;
  /** Builds it without modules or packages, named by their paths; a path that is both means the module, all of its packages. */
  remove(names: readonly string[], onBuilt?: OnBuilt): Promise<Without | NotMeasured>;
  /** Builds it with functions changed; what they are in stays as it is. */
  change(edits: readonly FunctionEdit[], onBuilt?: OnBuilt): Promise<Without | NotMeasured>;
}

/** Lines of Go's that are shown. */
const FIRST_LINES = 6;

/**
 * Makes a package ready to be built without parts of it, and runs work with that. Nothing of the user's changes, and nothing is left behind.
 * Throws ToolFailure if the program as it is cannot be built; a build without something that fails is a value.
 */
export async function withMeasurement<T>(options: MeasureOptions, work: (at: Measurement) => Promise<T>): Promise<T> {
  const { guard, cwd, goFlags: flags } = options;
  checkFlags(flags);
  const env = options.env ?? {};
  const go = await goEnv({ cwd, env, guard });
  return withTemporary(
    guard,
    async (temporary) => work(await open(options, { cwd, flags, env, go, guard }, realpathSync(temporary))),
    go.GOTMPDIR,
  );
}

async function open(options: MeasureOptions, setting: Setting, directory: string): Promise<Measurement> {
  const { pkg, onStep } = options;
  const { cwd, flags, env, go, guard } = setting;
  const context = { cwd, env, guard };
  onStep?.({ reason: "list", subject: pkg });
  const listing = join(directory, "packages.json");
  const all = await listBuild(pkg, flags, listing, { ...context, scratch: directory });
  onStep?.({ reason: "stubs", subject: go.GOVERSION });
  const helper = await stubHelper(go, guard);
  const packages = new Map(all.map((p) => [p.ImportPath, p]));
  let baseline: Promise<number> | undefined;
  let count = 0;

  const measure = async (
    what: Pick<StubRequest, "Remove" | "Edits">,
    subject: string,
    onBuilt: OnBuilt | undefined,
  ): Promise<Without | NotMeasured> => {
    const place = join(directory, `without${++count}`);
    mkdirSync(place);
    try {
      const request = { Listing: listing, Out: place, Overlay: userOverlay(setting), GOARCH: go.GOARCH, ...what };
      const answer = await writeStubs(helper, request, guard);
      if (answer.packages.length === 0) return nothing(answer);
      const changes = answer.packages.map(({ path, files }): Change => ({ package: packages.get(path)!, files }));
      const changed = await changedBuild(changes, all, setting, place);
      onStep?.({ reason: "build", subject });
      const output = join(place, "program");
      const how = { pkg, flags: changed.flags, env: changed.env, output, scratch: place };
      await build(how, context);
      const found = without(statSync(output).size, answer);
      await onBuilt?.(output, found);
      return found;
    } catch (error) {
      if (!(error instanceof ToolFailure) || error.code !== "build-failed") throw error;
      return notBuilt(error.message, place);
    } finally {
      rmSync(place, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    }
  };

  return {
    baseline: () =>
      (baseline ??= (async () => {
        onStep?.({ reason: "build", subject: pkg });
        const output = join(directory, "program");
        await build({ pkg, flags, output, scratch: directory }, context);
        const { size } = statSync(output);
        rmSync(output);
        return size;
      })()),
    remove: (names, onBuilt) =>
      measure({ Remove: names.flatMap((name) => packagesOf(name, all)), Edits: [] }, names.join(", "), onBuilt),
    change: (edits, onBuilt) =>
      measure({ Remove: [], Edits: edits }, edits.map(({ Symbol: symbol }) => symbol).join(", "), onBuilt),
  };
}

/** The packages that a name means; itself if it means none, so that the answer says so. */
function packagesOf(name: string, all: readonly Listed[]): string[] {
  const module = all.filter((p) => p.Module?.Path === name && p.Name !== "main").map((p) => p.ImportPath);
  return module.length > 0 ? module : [name];
}

function without(size: number, { packages, refused }: StubAnswer): Without {
  const sorted = [...packages].sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    size,
    packages: sorted.map(({ path, asked }) => ({ path, asked })),
    kept: sorted.flatMap((p) => p.kept.map((variable) => ({ package: p.path, ...variable }))),
    refused,
  };
}

function nothing({ refused }: StubAnswer): NotMeasured {
  const [first] = refused;
  return { reason: first === undefined ? "nothing was named" : `${first.name} ${first.reason}`, detail: "" };
}

/** "go build X failed:", "# package", then what is wrong with it. */
function notBuilt(message: string, place: string): NotMeasured {
  const lines = message
    .replaceAll(place, "")
    .split("\n")
    .slice(1)
    .filter((line) => line.trim() !== "");
  const culprit = lines.find((line) => line.startsWith("# "))?.slice(2);
  const reason = `${culprit ?? "the program"} does not build any more`;
  const detail = lines.filter((line) => !line.startsWith("# ")).slice(0, FIRST_LINES);
  return { reason, detail: detail.join("\n") };
}
