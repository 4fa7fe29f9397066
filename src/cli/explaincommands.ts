// The commands that ask the linker why: their options and help.
import { type Command, Option } from "commander";
import type { DceFlags } from "./dce.ts";
import type { DepsFlags } from "./deps.ts";
import { EXIT, Failure } from "./failure.ts";
import { common, positive, split } from "./options.ts";
import type { WhyFlags } from "./why.ts";

export function addWhy(program: Command): void {
  const command = program
    .command("why")
    .summary("why something is linked, and what leaves with it")
    .description(
      `Builds a package and asks its linker: the shortest chain of references to a target, every entrance to it with the
bytes that it alone keeps, and what leaves the file when the target is gone.

Examples:
  pare why net/http                              a package, in the program of this directory
  pare why github.com/google/uuid ./cmd/server   a module, in another program
  pare why 'encoding/json.(*Decoder).Decode'     a symbol
  pare why 'golang.org/x/...'                    everything that matches
  pare why --import-graph net/http/pprof         by imports: is anything of it linked?
  pare why --dce ./cmd/server                    what keeps methods that nobody calls`,
    )
    .usage("[options] <target> [package] [-- go build flags]\n       pare why --dce [package] [-- go build flags]")
    .argument("[words...]", "a package, module, type, symbol or pattern; then the package to build");
  command.optionsGroup("View:");
  command
    .addOption(
      new Option("--import-graph", "who imports it, and whether anything of it is linked").conflicts([
        "dce",
        "std",
        "measure",
      ]),
    )
    .option("--dce", "what turns dead-code elimination of methods off, and types that keep many")
    .option("--std", "with --dce: types of the standard library too")
    .option("--measure", "with --dce: build once more with all blockers cured, and compare")
    .option("--top <n>", "rows of each table", positive)
    .option("--bytes", "exact counts instead of kB and MB");
  command.optionsGroup("Format:");
  command
    .option("--json", "one document: pare.why/1, pare.imports/1 or pare.dce/1")
    .option("-o, --output <file>", "write the answer here instead of to stdout");
  common(command).action(async (words: string[], options: WhyFlags & DceFlags & { readonly dce?: boolean }) => {
    const { operands, flags } = split(words, program, options.dce === true);
    if (options.dce === true) {
      const [pkg = ".", extra] = operands;
      if (extra !== undefined) throw new Failure(EXIT.usage, `--dce takes a package alone: what is ${extra} for?`);
      await (await import("./dce.ts")).dceCommand(pkg, flags, options);
      return;
    }
    for (const only of ["std", "measure"] as const)
      if (options[only] === true) throw new Failure(EXIT.usage, `--${only} goes with --dce`);
    const [target, pkg = ".", extra] = operands;
    if (extra !== undefined) throw new Failure(EXIT.usage, `what is ${extra} for? Flags for go build go behind --`);
    await (await import("./why.ts")).whyCommand(target, pkg, flags, options);
  });
}

export function addDeps(program: Command): void {
  const command = program
    .command("deps")
    .summary("what each dependency costs, and what would leave with it")
    .description(
      `Builds a package and prices its modules and packages: bytes that they own (attributed), and bytes that leave when
they are gone (retained: the linker's dead-code elimination run again without them).

Examples:
  pare deps                          modules of the program of this directory
  pare deps --tree ./cmd/server      by imports, packages below the one that brings them
  pare deps --sort cut               what is easiest to cut first
  pare deps ./cmd/server --measure net/http gopkg.in/yaml.v3   what real builds without them save
  pare deps --record deps.txt        a list to commit, so that reviews show new dependencies …
  pare deps --check deps.txt         … and CI fails when it is stale
  pare deps --dot | dot -Tsvg        a picture`,
    )
    .usage("[options] [package] [-- go build flags]")
    .argument("[words...]", "the package to build (default: this directory)");
  command.optionsGroup("View:");
  command
    .addOption(
      new Option("--sort <column>", "order of the rows")
        .choices(["retained", "attributed", "cut", "name"])
        .default("retained"),
    )
    .option("--tree", "packages as they import each other")
    .option("--packages", "packages below their modules")
    .option("--std", "the standard library too")
    .option("--measure <names...>", "also build without these modules or packages (stubs in their place)")
    .option("--top <n>", "rows to show", positive)
    .option("--bytes", "exact counts instead of kB and MB");
  command.optionsGroup("Format:");
  command
    .addOption(new Option("--json", "one document: pare.deps/1").conflicts("dot"))
    .option("--dot", "a graph of modules for Graphviz")
    .option("--record <file>", "write the list of modules and packages, sorted, without sizes")
    .option("--check <file>", "exit with 1 if such a list is stale")
    .option("-o, --output <file>", "write the answer here instead of to stdout");
  common(command).action(async (words: string[], options: DepsFlags) => {
    const { operands, flags } = split(words, program, true);
    const [pkg = ".", extra] = operands;
    if (extra !== undefined) throw new Failure(EXIT.usage, `what is ${extra} for? Flags for go build go behind --`);
    await (await import("./deps.ts")).depsCommand(pkg, flags, options);
  });
}
