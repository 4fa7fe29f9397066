// pare why: one target, why it is linked and what leaves with it.
import type { LinkModel } from "../explain/model.ts";
import type { Snapshot } from "../ledger/snapshot.ts";
import type { NoTarget } from "../explain/targets.ts";
import { visible } from "../report/escape.ts";
import { terminalOf } from "../report/terminal.ts";
import { EXIT, Failure } from "./failure.ts";
import { factsOf, type Input, isSnapshot, profileInput } from "./input.ts";
import { openLink } from "./link.ts";
import { write } from "./output.ts";
import type { CommonOptions } from "./options.ts";

export interface WhyFlags extends CommonOptions {
  readonly importGraph?: boolean;
  readonly top?: number;
  readonly bytes?: boolean;
  readonly json?: boolean;
  readonly output?: string;
}

export async function whyCommand(
  name: string,
  pkg: string,
  goFlags: readonly string[],
  flags: WhyFlags,
): Promise<void> {
  const { input, model } = await openLink(pkg, goFlags, flags);
  let text: string;
  if (model === "none") text = await fromFile(name, input, flags);
  else if ("reason" in model) text = await fromTree(name, pkg, goFlags, flags, model.reason);
  else if (flags.importGraph === true) text = await imports(model, name, flags);
  else text = await answer(model, name, flags, input.warnings);
  await write(flags.output ?? "-", text);
}

async function answer(model: LinkModel, name: string, flags: WhyFlags, warnings: readonly string[]): Promise<string> {
  const { findTarget } = await import("../explain/targets.ts");
  const { why } = await import("../explain/why.ts");
  const found = findTarget(model, name);
  if (!("nodes" in found)) throw new Failure(EXIT.usage, noTarget(name, found));
  const packages =
    found.kind === "package" ? model.snapshot.modules.find(({ path }) => path === name)?.packages.length : 1;
  if (packages !== undefined && packages > 1 && flags.quiet !== true)
    process.stderr.write(
      `${visible(name)} is a module of ${packages} packages too: pare why '${visible(name)}/...' asks about all of them\n`,
    );
  const result = { ...why(model, found), warnings };
  if (flags.json === true) return (await import("../report/json.ts")).jsonDocument(result);
  const { whyText } = await import("../report/whytext.ts");
  return whyText(result, { terminal: terminalFor(flags), exact: flags.bytes, top: flags.top });
}

function noTarget(name: string, { candidates, ambiguous }: NoTarget): string {
  if (ambiguous) return `${name} may be one of these; name it in full:\n  ${candidates.join("\n  ")}`;
  const meant = candidates.length > 0 ? ` (Did you mean ${candidates.join(" or ")}?)` : "";
  return `nothing called ${name} is in this program: no package, module, type or symbol${meant}`;
}

async function imports(model: LinkModel, name: string, flags: WhyFlags): Promise<string> {
  const { importsOf } = await import("../explain/imports.ts");
  const found = importsOf(model, name);
  if (!found) throw new Failure(EXIT.usage, `no package of this program imports ${name}`);
  if (flags.json === true) return (await import("../report/json.ts")).jsonDocument(found);
  return (await import("../report/whytext.ts")).importsText(found, {
    terminal: terminalFor(flags),
    exact: flags.bytes,
  });
}

/** An executable, or a snapshot with symbols: whose bytes, not why. */
async function fromFile(name: string, input: Input, flags: WhyFlags): Promise<string> {
  let summary: Snapshot;
  if (isSnapshot(input)) summary = (await import("./snapshotfile.ts")).readSnapshot(input);
  else {
    const profile = await profileInput(input, {});
    summary = (await import("../ledger/snapshot.ts")).snapshot(profile, factsOf(input, profile, false), {
      symbols: true,
    });
  }
  const found = (await import("../explain/alone.ts")).whyFromFile(summary, name);
  if (!found) throw new Failure(EXIT.usage, noTarget(name, { candidates: [], ambiguous: false }));
  if (flags.quiet !== true) {
    process.stderr.write(
      "who refers to it only the linker knows: name the package to build instead of the file for chains and prices\n",
    );
  }
  if (flags.json === true) return (await import("../report/json.ts")).jsonDocument(found);
  return (await import("../report/whytext.ts")).fileText(found, {
    terminal: terminalFor(flags),
    exact: flags.bytes,
    top: flags.top,
  });
}

/** One true chain, from the linker's own account of how it came to each symbol. */
async function fromTree(
  name: string,
  pkg: string,
  goFlags: readonly string[],
  flags: WhyFlags,
  reason: string,
): Promise<string> {
  const { packageTree } = await import("../toolchain/package.ts");
  const { chainTo } = await import("../linkgraph/dumpdep.ts");
  const { onInterrupt } = await import("./interrupt.ts");
  const tree = await packageTree(pkg, { cwd: process.cwd(), goFlags, guard: onInterrupt });
  const symbols = [...tree.keys()].filter((symbol) => symbol === name || symbol.startsWith(`${name}.`));
  const chains = symbols.map((symbol) => chainTo(tree, symbol)).sort((a, b) => a.length - b.length);
  if (chains.length === 0) throw new Failure(EXIT.usage, noTarget(name, { candidates: [], ambiguous: false }));
  const warnings = [`bytes are not priced, and there may be other ways: ${reason}`];
  if (flags.json === true) {
    const { WHY_CHAIN_SCHEMA } = await import("../explain/why.ts");
    return (await import("../report/json.ts")).jsonDocument({ schema: WHY_CHAIN_SCHEMA, chain: chains[0], warnings });
  }
  return (await import("../report/whytext.ts")).chainText(name, chains[0], warnings, { terminal: terminalFor(flags) });
}

function terminalFor(flags: WhyFlags): ReturnType<typeof terminalOf> {
  const toFile = flags.output !== undefined && flags.output !== "-";
  return terminalOf(toFile ? {} : process.stdout, process.env);
}
