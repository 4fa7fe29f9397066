// pare audit and pare explain: their options and help.
import { type Command, InvalidArgumentError, Option } from "commander";
import type { AuditFlags } from "./audit.ts";
import { EXIT, Failure } from "./failure.ts";
import { common, split } from "./options.ts";
import type { RulesFlags } from "./rules.ts";

const FORMATS = ["text", "json", "sarif", "github", "markdown"];

export function addAudit(program: Command): void {
  const command = program
    .command("audit")
    .summary("what Dockerfiles, CI and Makefiles do to size and build time")
    .description(
      `Reads go.mod, Makefiles, Taskfiles, Dockerfiles, bake and compose files, GitHub and GitLab workflows, goreleaser's and
ko's configuration and shell scripts below a directory, builds the program there, and says what is wrong, why, and what it costs.

Examples:
  pare audit                           this directory
  pare audit --no-build deploy         only the files, in another directory
  pare audit --fix --dry-run           what would be mended, as a patch
  pare audit --only B001,D001          these rules alone, by code or name
  pare audit --format sarif -o audit.sarif
  pare explain D001                    the page of a rule

A comment "# pare:ignore D001" on the line, or on one of its own above, says that it is meant.
Exits with 1 if there are findings of warning or above; --fail-on sets another bar.`,
    )
    .usage("[options] [directory] [-- go build flags]")
    .argument("[words...]", "a directory (default: this one)");
  command.optionsGroup("What:");
  command
    .option("--no-build", "look at files only, build nothing")
    .option("--measure", "build twice, without a cache and with one, and say in seconds what findings cost")
    .option("--package <package>", "the program to build (default: the directory's own, or the only one below)")
    .option("--only <codes>", "only these rules, by code or name", codes)
    .option("--skip <codes>", "not these rules", codes)
    .addOption(
      new Option("--fail-on <severity>", "exit with 1 from this severity on")
        .choices(["note", "warning", "error", "never"])
        .default("warning"),
    )
    .option("--fix", "mend what is safe to mend, and show it as a patch")
    .option("--dry-run", "with --fix: show the patch, write nothing")
    .option("--bytes", "exact counts instead of kB and MB");
  command.optionsGroup("Format:");
  command
    .addOption(new Option("--format <format>", "how findings are printed").choices(FORMATS).default("text"))
    .addOption(new Option("--json", "the same as --format json: pare.audit/1").conflicts("format"))
    .option("-o, --output <file>", "write the answer here instead of to stdout");
  common(command).action(async (words: string[], options: AuditFlags) => {
    const { operands, flags } = split(words, program, true);
    const [directory = ".", extra] = operands;
    if (extra !== undefined) throw new Failure(EXIT.usage, `what is ${extra} for? Flags for go build go behind --`);
    if (options.measure === true && !options.build)
      throw new Failure(EXIT.usage, "--measure builds, --no-build does not");
    if (options.dryRun === true && options.fix !== true) throw new Failure(EXIT.usage, "--dry-run goes with --fix");
    if (options.fix === true && (options.json === true || options.format !== "text"))
      throw new Failure(
        EXIT.usage,
        "--fix shows a patch and goes with --format text; the other formats hold the edits of each finding",
      );
    await (await import("./audit.ts")).auditCommand(directory, flags, options);
  });
}

function codes(text: string): string[] {
  const list = text
    .split(",")
    .map((code) => code.trim())
    .filter((code) => code !== "");
  if (list.length === 0) throw new InvalidArgumentError("It must name rules, separated by commas.");
  return list;
}

export function addExplain(program: Command): void {
  const command = program
    .command("explain")
    .summary("the page of a rule of pare audit")
    .description(
      `Prints what a rule looks for, why, what it costs, the cure and where all that is from. Without a code: all rules.

Examples:
  pare explain             all rules
  pare explain D001        one of them
  pare explain no-trimpath by its name`,
    )
    .argument("[code]", "code or name of a rule");
  command.optionsGroup("Format:");
  command.option("--json", "the entries of the knowledge file");
  common(command).action(async (code: string | undefined, options: RulesFlags) => {
    await (await import("./rules.ts")).rulesCommand(code, options);
  });
}
