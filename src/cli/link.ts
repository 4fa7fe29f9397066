// The subject of commands that ask why: a package, linked here so that the linker can be asked for its references.
import type { LinkedGraph, LinkModel, NoModel } from "../explain/model.ts";
import type { ProbeDump } from "../linkgraph/probe.ts";
import { EXIT, Failure } from "./failure.ts";
import { factsOf, type Input, isSnapshot, profileInput, readInput } from "./input.ts";
import type { CommonOptions } from "./options.ts";
import { progressOn } from "./progress.ts";

/** Builds a package and joins what the linker said with the file; the reason if there is no link probe, none for a file. */
export async function openLink(
  pkg: string,
  goFlags: readonly string[],
  flags: CommonOptions,
): Promise<{ input: Input; model: LinkModel | { readonly reason: string } | "none" }> {
  // what comes after the build is loaded while it runs, and the graph is joined while the program is written
  const model = import("../explain/model.ts");
  let joined: Promise<LinkedGraph | NoModel> | undefined;
  const onTestimony = (dump: ProbeDump): void => {
    joined = model.then(({ linkedGraph }) => linkedGraph(dump));
    joined.catch(() => {});
  };
  const [input, { linkModel }] = await Promise.all([
    readInput(pkg, goFlags, progressOn(process.stderr, flags.quiet === true), true, onTestimony),
    model,
    import("../ledger/profile.ts"),
  ]);
  if (input.directory === undefined) return { input, model: "none" };
  const { testimony } = input;
  if (!testimony) return { input, model: { reason: input.warnings[0] ?? "there is no link probe" } };
  const profile = await profileInput(input, {});
  return { input, model: linkModel(testimony, profile, factsOf(input, profile, false), await joined) };
}

/** The same for commands that cannot do with less. */
export async function openModel(pkg: string, goFlags: readonly string[], flags: CommonOptions): Promise<LinkModel> {
  const { input, model } = await openLink(pkg, goFlags, flags);
  if (model === "none") throw new Failure(EXIT.usage, fromFileAlone(pkg, isSnapshot(input)));
  if ("reason" in model)
    throw new Failure(EXIT.toolMissing, `only the linker knows, and it cannot be asked: ${model.reason}`);
  return model;
}

function fromFileAlone(name: string, isSummary: boolean): string {
  const what = isSummary ? "a snapshot" : "an executable";
  return (
    `${name} is ${what}: which references keep a symbol is known to the linker alone, so name the package to build instead. ` +
    `Whose bytes are whose, pare can tell from the file: pare profile ${name}`
  );
}
