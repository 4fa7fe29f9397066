// argv → command. The commands themselves are loaded when they run, so that --help costs nothing but commander.
import { existsSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { nearest } from "../ledger/nearest.ts";
import { SORTS, VIEWS } from "../ledger/words.ts";
import { addAudit, addExplain } from "./auditcommands.ts";
import { addDeps, addWhy } from "./explaincommands.ts";
import { addCache } from "./cachecommands.ts";
import { EXIT, Failure } from "./failure.ts";
import { addLab } from "./labcommands.ts";
import { common, duration, positive, split } from "./options.ts";
import { ignoreClosedPipe } from "./output.ts";
import { addRelease } from "./releasecommands.ts";
import { addSymbols } from "./symbolscommands.ts";
import { version } from "./version.ts";
import type { ConfigFlags } from "./config.ts";
import type { DiffFlags } from "./diff.ts";
import type { OverviewFlags } from "./overview.ts";
import type { ProfileFlags } from "./profile.ts";

/** What `pare schema` knows. */
export const DOCUMENTS = [
  "snapshot",
  "view",
  "diff",
  "overview",
  "why",
  "why-chain",
  "why-file",
  "imports",
  "deps",
  "dce",
  "lab",
  "tags",
  "audit",
  "knowledge",
  "release",
  "release-plan",
  "artifacts",
  "symbols",
  "resolved",
  "cache",
  "settings",
  "config",
] as const;

const SHELLS = ["bash", "zsh", "fish", "powershell"];

/** Runs one command line (without node and script) and returns the exit code. */
export async function run(argv: readonly string[]): Promise<number> {
  ignoreClosedPipe(process.stdout);
  ignoreClosedPipe(process.stderr);
  try {
    const program = createProgram(argv[0]);
    addCompletion(program);
    await program.parseAsync(argv, { from: "user" });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return (await import("./tellerror.ts")).tellError(error, argv.includes("-v") || argv.includes("--verbose"));
  }
}

/** The tree of commands without those for completion, which read it; `first` is the first word of the command line. */
function createProgram(first?: string): Command {
  const program = new Command("pare")
    .usage("[package] [-- go build flags]\n       pare <command> [options]")
    .description(
      "Know every byte of a Go executable. Without a command: builds the package as it is and as it should be shipped.",
    )
    .option("-C, --directory <dir>", "change to this directory first")
    .hook("preAction", (_, command) => changeDirectory(command))
    .option("-V, --version", "print the version")
    .on("option:version", () => {
      process.stdout.write(`${version()}\n`);
      throw new CommanderError(0, "pare.version", "");
    })
    .helpOption("-h, --help", "show help")
    .helpCommand(false)
    .configureOutput({ writeErr: (text) => process.stderr.write(text.replace(/^error: /, "pare: ")) })
    .configureHelp({ optionDescription: (option) => option.description })
    .exitOverride();

  program.commandsGroup("Profile:");
  addOverview(program);
  addProfile(program);
  // the others take longer to describe than a small file to read
  if (first === "profile") return program;
  addDiff(program);
  program.commandsGroup("Explain:");
  addWhy(program);
  addDeps(program);
  program.commandsGroup("Shrink:");
  addLab(program);
  addAudit(program);
  addExplain(program);
  program.commandsGroup("Ship:");
  addRelease(program);
  addSymbols(program);
  addCache(program);
  program.commandsGroup("Other:");
  addConfig(program);
  addSchema(program);
  program.addHelpText(
    "after",
    `
Examples:
  pare ./cmd/server                          build it, see what each flag saves and what is in it
  pare profile ./server                      what is in this executable
  pare profile ./cmd/server -- -tags prod    build the package first, with these flags
  pare profile --html report.html ./server   the same as a page to explore
  pare diff old new                          what changed, exact per package
  pare diff main..HEAD ./cmd/server          the same for two git revisions

Exit codes: 0 fine, 1 a check or audit found something, 2 usage, 3 a tool is missing, 4 unreadable input, 6 a Go build failed.`,
  );
  return program;
}

/** -C stands in front of the command or behind it. */
function changeDirectory(command: Command): void {
  const { directory } = command.optsWithGlobals<{ directory?: string }>();
  if (directory === undefined) return;
  try {
    process.chdir(directory);
  } catch {
    throw new Failure(EXIT.usage, `-C ${directory}: no such directory`);
  }
}

/** Bare `pare [package]`: options in front of a command's name are the program's own. */
function addOverview(program: Command): void {
  program
    .enablePositionalOptions()
    .argument("[package]", "package to build and look into (default: that of pare.yaml, or this directory)")
    .argument("[flags...]", "flags for go build, after --");
  program
    .addOption(
      new Option("--time-budget <duration>", "how long optional builds may take: 90s, 5m")
        .argParser(duration)
        .default(90, "90s"),
    )
    .option("--json", "one document: pare.overview/2")
    .option("--html <file>", "where the page goes (default: pare-report.html)");
  program
    .option("-q, --quiet", "no notes and warnings on stderr")
    .option("-v, --verbose", "say where in the file an error is");
  program.action(async (pkg: string | undefined, flags: string[], options: OverviewFlags) => {
    if (pkg !== undefined) rejectMistypedCommand(pkg, program);
    await (await import("./overview.ts")).overviewCommand(pkg, flags, options);
  });
}

/** A bare word that names no directory is no program that could be built, so it was meant as a command. */
function rejectMistypedCommand(word: string, program: Command): void {
  if (!/^[a-z]+$/i.test(word) || existsSync(word)) return;
  const meant = nearest(
    word,
    program.commands.map((command) => command.name()),
  );
  throw new Failure(
    EXIT.usage,
    `no command or directory "${word}"${meant === undefined ? "" : ` (Did you mean ${meant}?)`}`,
  );
}

function addProfile(program: Command): void {
  const command = program
    .command("profile")
    .summary("what every byte of an executable is, and whose")
    .description(
      `Shows where every byte of a Go executable comes from: the rows of each table sum to the file's size.

Examples:
  pare profile ./server                        the report
  pare profile --by symbol --top 50 ./server   the largest symbols
  pare profile --focus net/http ./server       inside one package
  pare profile --json ./server | jq .kinds     for scripts, see pare schema
  pare profile --html report.html ./server     zoomable map
  ssh host cat /usr/bin/app | pare profile -   from stdin`,
    )
    .usage("[options] <file | - | package> [-- go build flags]")
    .argument("<subject>", "an executable or snapshot, - for stdin, or a package to build")
    .argument("[flags...]", "flags for go build, after --");
  command.optionsGroup("View:");
  command
    .addOption(new Option("--by <what>", `one table: ${VIEWS.join(", ")}`).choices(VIEWS))
    .option("--top <n>", "rows to show", positive)
    .option("--focus <package>", "only this package (path/... with those below) or module")
    .option("--filter <text>", "only rows whose name contains this text, or matches /this/")
    .addOption(
      new Option("--sort <column>", "order of the rows: bytes, name, memory, inlined or a kind").choices(SORTS),
    )
    .option("--inlined", "add bytes of code by where inlined bodies came from")
    .option("--memory", "add zero-filled variables (bss)")
    .option("--symbols", "add symbols to the JSON document")
    .option("--bytes", "exact counts instead of kB and MB");
  command.optionsGroup("Format:");
  command
    .addOption(
      new Option("--json", "one document: pare.snapshot/1, or pare.view/1 with --by").conflicts(["markdown", "csv"]),
    )
    .addOption(new Option("--markdown", "tables for issues and pull requests").conflicts("csv"))
    .option("--csv", "one table with exact numbers")
    .option("-o, --output <file>", "write the answer here instead of to stdout")
    .option("--html <file>", "also write a page with a zoomable treemap")
    .option("--svg <file>", "also write a treemap as a picture")
    .option("--ranges <file>", "also write every range of the file (TSV)");
  common(command).action(async (subject: string, flags: string[], options: ProfileFlags) => {
    await (await import("./profile.ts")).profileCommand(subject, flags, options);
  });
}

function addDiff(program: Command): void {
  const command = program
    .command("diff")
    .summary("what changed between two executables or git revisions")
    .description(
      `Compares two executables, exactly: the packages' changes sum to the files' change.

A git revision is checked out into a temporary working tree and built there, with -trimpath -buildvcs=false in front of your flags. A file that exists is taken before a revision of the same name: write ./NAME for the one and refs/heads/NAME for the other.

Examples:
  pare diff old new                               two executables
  pare profile --json --symbols old > old.json    keep a snapshot …
  pare diff old.json new                          … and compare with it later
  pare diff main..HEAD ./cmd/server               a package at two git revisions
  pare diff main...HEAD ./cmd/server              what a branch has done
  pare diff HEAD ./cmd/server -- -tags prod       a revision and the present
  pare diff --markdown main...HEAD                for a pull request`,
    )
    .usage("[options] <old> <new>\n       pare diff [options] <old>..<new> [package] [-- go build flags]")
    .argument("<old>", "an executable, a snapshot made by pare profile --json, or a git revision; or old..new")
    .argument("[new]", "the same, to compare with it (default: the working tree)")
    .argument("[package]", "what to build of revisions (default: this directory)")
    .argument("[flags...]", "flags for go build, after --");
  command.optionsGroup("View:");
  command.option("--top <n>", "rows of each table", positive).option("--bytes", "exact counts instead of kB and MB");
  command.optionsGroup("Format:");
  command
    .addOption(new Option("--json", "one document, schema pare.diff/1").conflicts("markdown"))
    .option("--markdown", "tables for issues and pull requests")
    .option("-o, --output <file>", "write the answer here instead of to stdout")
    .option("--html <file>", "also write a page with a treemap of the changes");
  common(command).action(
    async (old: string, next: string | undefined, pkg: string | undefined, more: string[], options: DiffFlags) => {
      const words = [old, next, pkg, ...more].filter((word) => word !== undefined);
      const { operands, flags } = split(words, program);
      await (await import("./diff.ts")).diffCommand(operands, flags, options);
    },
  );
}

function addConfig(program: Command): void {
  const command = program
    .command("config")
    .summary("the settings in force, and where each comes from")
    .description(
      `Prints every setting with its origin. Flags win over the environment, this over pare.yaml of the project (the nearest one up to
the root of its repository), this over config.yaml of your own (XDG_CONFIG_HOME/pare), this over the default.

Examples:
  pare config                              as a table
  pare config --json | jq '.settings[]'    for scripts
  pare schema config > pare.schema.json    what pare.yaml may hold, for editors`,
    )
    .option("--json", "one document: pare.settings/1");
  common(command).action(async (options: ConfigFlags) => {
    await (await import("./config.ts")).configCommand(options);
  });
}

function addSchema(program: Command): void {
  const command = program
    .command("schema")
    .description("print the JSON Schema of a document")
    .addArgument(program.createArgument("[document]", "which document").choices(DOCUMENTS).default("snapshot"));
  common(command).action(async (document: (typeof DOCUMENTS)[number]) => {
    await (await import("./schema.ts")).schemaCommand(document);
  });
}

function addCompletion(program: Command): void {
  program
    .command("completion")
    .description("print the completion script of a shell")
    .addArgument(program.createArgument("<shell>", "which shell").choices(SHELLS))
    .addHelpText(
      "after",
      "\nExamples:\n  source <(pare completion bash)\n  pare completion fish > ~/.config/fish/completions/pare.fish",
    )
    .action(async (shell: string) => {
      await (await import("./completion.ts")).printScript(createProgram(), shell);
    });
  // what the scripts call: pare complete -- words…
  program
    .command("complete", { hidden: true })
    .argument("[words...]")
    .allowUnknownOption()
    .action(async (words: string[]) => {
      await (await import("./completion.ts")).answer(createProgram(), words);
    });
}
