// The commands that ship: their options and help.
import type { Command } from "commander";
import { common, memorySize, positive } from "./options.ts";
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
  pare release --explain                      why each target was built or not`,
    );
  command.optionsGroup("What:");
  command
    .option("--target <targets...>", "instead of those of the settings: linux/amd64/v3, linux/arm/7, darwin/*")
    .option("-o, --output <dir>", "where the release goes (default: dist beside pare.yaml or go.mod)")
    .option("--no-symbols", "do not keep unstripped twins");
  command.optionsGroup("How:");
  command
    .option("-j, --jobs <n>", "builds and archives at a time (default: the processors)", positive)
    .option("--memory <size>", "memory that builds may take together, such as 1500MB", memorySize)
    .option("--keep-going", "build the other targets when one fails");
  command.optionsGroup("Answer:");
  command
    .option("--dry-run", "print the plan and build nothing")
    .option("--explain", "say of each target why it is built or not")
    .option("--json", "one document: pare.release/1, or pare.release-plan/1 with --dry-run")
    .option("--log <file>", "also write what happened when, a line of JSON each");
  common(command).action(async (options: ReleaseFlags) => {
    await (await import("./release.ts")).releaseCommand(options);
  });
}
