// The commands that build variants: their options and help.
import { type Command, Option } from "commander";
import { SCENARIOS } from "../advice/scenarios.ts";
import { MEASURES } from "../lab/model.ts";
import { EXIT, Failure } from "./failure.ts";
import type { LabFlags } from "./lab.ts";
import { common, duration, memorySize, positive, split } from "./options.ts";

export function addLab(program: Command): void {
  const command = program
    .command("lab")
    .summary("every way to build a program, built and measured")
    .description(
      `Builds a package in every way that is worth a try, and measures each: flags,
cgo, PIE, processors, tags, UPX, wasm, TinyGo. Each is started to see that it
lives; what fails is a row with the reason.

Examples:
  pare lab ./cmd/server                       sizes, downloads, what shrank
  pare lab --only 'upx*,pie' --measure start  start-up and memory of some
  pare lab --measure start --run '-listen 127.0.0.1:{port}' --ready port:{port}
  pare lab --skip 'GOAMD64*' --time-budget 5m --test
  pare lab --tags ./cmd/server                what its packages' build tags save
  pare lab --measure all --for server --write  choose, into pare.yaml
  pare lab --dry-run                          what would be done`,
    )
    .usage("[options] [package] [-- go build flags]")
    .argument("[words...]", "the package to build (default: this directory)");
  command.optionsGroup("Variants:");
  command
    .option("--only <globs>", "these variants, and what they start from: 'upx*,pie'; may be repeated", globs)
    .option("--skip <globs>", "all but these", globs)
    .option("--thorough", "those too that take minutes, that are for other platforms, or that nobody should ship")
    .addOption(
      new Option(
        "--tags",
        "find the build tags that its packages read; measure each, and the best combination",
      ).conflicts([
        "only",
        "skip",
        "thorough",
        "measure",
        "run",
        "ready",
        "runs",
        "timeout",
        "dryRun",
        "markdown",
        "for",
        "bench",
      ]),
    )
    .option("--target <os/arch>", "build for this target, such as linux/arm64");
  command.optionsGroup("Measures:");
  command
    .addOption(
      new Option("--measure <what>", "size; build: times and memory of builds; start: start-up and memory; all")
        .choices(MEASURES)
        .default("size"),
    )
    .option("--runs <n>", "starts of each variant (default: 15)", positive, 15)
    .addOption(
      new Option(
        "--run <words>",
        "NAME=VALUE settings and arguments to start it with; {port} is a free port (default: --help; none to measure starts)",
      ),
    )
    .option("--ready <when>", "it has started: exit, port:8080, port:{port}, output:REGEX (default: found out)")
    .option("--timeout <time>", "for one start (default: 10s)", duration)
    .option("--bench <command>", "compare variants by your benchmarks: 'go test -run ^$ -bench . ./codec'")
    .option("--bench-runs <n>", "rounds of them, each variant in turn", positive, 10)
    .option("--test", "run the tests of its own packages with the flags of each variant")
    .option("--time-budget <time>", "stop beginning new things after this time", duration)
    .option("-j, --jobs <n>", "builds at a time (default: half the processors)", positive)
    .option("--memory <size>", "memory that builds may take together, such as 4G", memorySize);
  command.optionsGroup("Choice:");
  command
    .addOption(
      new Option(
        "--for <scenario>",
        "what the program is shipped for: which variant to take, and why no other",
      ).choices(SCENARIOS),
    )
    .option(
      "--write [variant]",
      "store the recommended variant, or this one, as chosen in pare.yaml; with --tags, the best tags as one more variant, for the next lab",
    );
  command.optionsGroup("Format:");
  command
    .option("--dry-run", "list what would be built, and measure nothing")
    .addOption(new Option("--json", "one document: pare.lab/1, or pare.tags/1 with --tags").conflicts("markdown"))
    .option("--markdown", "a table for issues and pull requests")
    .option("--bytes", "exact counts instead of kB and MB")
    .option("-o, --output <file>", "write the answer here instead of to stdout");
  common(command).action(async (words: string[], options: LabFlags) => {
    const { operands, flags } = split(words, program, true);
    const [pkg, extra] = operands;
    if (extra !== undefined) throw new Failure(EXIT.usage, `what is ${extra} for? Flags for go build go behind --`);
    if (options.tags === true) await (await import("./labtags.ts")).labTagsCommand(pkg, flags, options);
    else await (await import("./lab.ts")).labCommand(pkg, flags, options);
  });
}

/** Adds the names in one option to those of its earlier uses. */
function globs(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}
