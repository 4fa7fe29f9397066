// The commands that ship: their options and help.
import { type Command, InvalidArgumentError, Option } from "commander";
import { common, type CommonOptions, memorySize, positive } from "./options.ts";
import type { ReleaseFlags } from "./release.ts";

export function addRelease(program: Command): void {
  const command = program
    .command("release")
    .summary("build every target, pack it, and skip what did not change")
    .description(
      `Builds the programs of a module for several targets, side by side as far as processors and memory allow, and writes archives,
checksums, bills of materials and provenance. The same commit gives the same bytes everywhere. What did not change is not built.
Without settings in pare.yaml: the module's main packages for five usual targets.

Examples:
  pare release --dry-run                      what would be built, and why
  pare release                                everything into dist/
  pare release --target linux/arm64 linux/arm/7
  pare release --memory 1500MB -j 4           never more memory than this
  pare release --explain                      why each target was built or not
  pare release --verify                       build all once more elsewhere, and compare
  pare release --shard 2/5                    the second of five shares of the work …
  pare release merge shard-*                  … and the five together`,
    );
  command.optionsGroup("What:");
  command
    .option("--target <targets...>", "instead of those of the settings: linux/amd64/v3, linux/arm/7, darwin/*")
    .option("-o, --output <dir>", "where the release goes (default: dist beside pare.yaml or go.mod)")
    .addOption(
      new Option("--only <items>", "these items of the plan: app:linux/amd64,app:linux/arm64").argParser(items),
    )
    .addOption(
      new Option("--shard <n/m>", "the n-th of m shares of the targets, on each machine the same")
        .argParser(shard)
        .conflicts("only"),
    )
    .option("--no-symbols", "do not keep unstripped twins");
  command.optionsGroup("How:");
  command
    .option("-j, --jobs <n>", "builds and archives at a time (default: the processors)", positive)
    .option("--memory <size>", "memory that builds may take together, such as 1500MB", memorySize)
    .option("--keep-going", "build the other targets when one fails");
  command.option(
    "--verify",
    "build all once more from a copy elsewhere, from nothing, and compare: exit 1 if anything differs",
  );
  command.optionsGroup("Answer:");
  command
    .option("--costs <file>", "share out by what builds took in this document of pare release --json")
    .addOption(
      new Option("--ci <service>", "print the job matrix of a CI service, and build nothing").choices(["github"]),
    )
    .addOption(new Option("--jobs-in-matrix <n>", "jobs of that matrix (default: 4)").argParser(positive))
    .option("--dry-run", "print the plan and build nothing")
    .option("--explain", "say of each target why it is built or not")
    .option("--json", "one document: pare.release/1, or pare.release-plan/1 with --dry-run")
    .option("--log <file>", "also write what happened when, a line of JSON each");
  common(command).action(async (options: ReleaseFlags) => {
    await (await import("./release.ts")).releaseCommand(options);
  });
  addMerge(command);
}

function addMerge(release: Command): void {
  const command = release
    .command("merge")
    .summary("join shards into one release")
    .description(
      `Joins what \`pare release --shard\` or \`--only\` made on several machines, checks that nothing is missing, doubled or damaged, and
writes one SHA256SUMS, artifacts.json and provenance. The result is what one machine would have made.

Examples:
  pare release merge shard-1 shard-2 shard-3 -o dist`,
    )
    .argument("<dirs...>", "output directories of the shards")
    .option("-o, --output <dir>", "where the release goes (default: dist)");
  common(command).action(async (directories: string[], options: CommonOptions & { output?: string }) => {
    await (await import("./release.ts")).mergeCommand(directories, options);
  });
}

/** "2/5". */
function shard(text: string): { index: number; count: number } {
  const [index, count, ...more] = text.split("/").map(Number);
  if (more.length > 0 || !Number.isSafeInteger(index) || !Number.isSafeInteger(count) || index < 1 || index > count)
    throw new InvalidArgumentError("It must be n/m, such as 2/5.");
  return { index, count };
}

function items(text: string): string[] {
  return text.split(",").filter((word) => word !== "");
}
