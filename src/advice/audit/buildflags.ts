// Rules about the commands that build: flags, C, loops over targets, packing.
import type { BuildFile } from "../../buildfiles/buildfile.ts";
import { flagValue, type GoBuild, mayHide, wordsOf } from "../../buildfiles/gobuild.ts";
import { OPEN } from "../../buildfiles/text.ts";
import { at, entryOf, scalarsOf } from "../../buildfiles/tree.ts";
import type { Cost, Found } from "./finding.ts";
import type { ProgramFacts, Project } from "./project.ts";
import { type Built, isOfTests, shippedBuilds } from "./shipped.ts";
import { addEntry, addItem } from "./yamledits.ts";

/** "go build" as the place of a finding. */
function place({ file, build }: Built): Pick<Found, "file" | "start" | "end"> {
  return { file, start: build.go.start, end: Math.max(build.verb.end, build.go.end) };
}

export function notStripped(project: Project): Found[] {
  const commands = project.files
    .flatMap((file) => shippedBuilds(project, file))
    .flatMap((built) => {
      const { build, file, around } = built;
      const words = wordsOf(flagValue(build, "ldflags") ?? "");
      if (words.includes("-s") || words.includes("-w") || mayHide(build, "ldflags")) return [];
      if (around.some((command) => /(?:^|[/-])strip$/.test(command.words[0].text))) return [];
      return [
        {
          ...place(built),
          message: 'the program keeps its symbol table and DWARF: build with -ldflags="-s -w"',
          cost: debugCost(project.program),
          fix: stripEdit(file, build),
        },
      ];
    });
  return [...commands, ...project.files.flatMap((file) => releaserNotStripped(file, debugCost(project.program)))];
}

/** goreleaser strips unless it is given ldflags; ko strips only if it is. */
function releaserNotStripped(file: BuildFile, cost: Cost | undefined): Found[] {
  if ((file.kind !== "goreleaser" && file.kind !== "ko") || isOfTests(file.path)) return [];
  const isKo = file.kind === "ko";
  const defaults = isKo ? scalarsOf(at(file.releaser.tree, "defaultLdflags")).map((item) => item.text) : ["-s -w"];
  const message = 'the program keeps its symbol table and DWARF: add "-s -w" to ldflags';
  const lacks = (ldflags: readonly string[]): boolean =>
    !ldflags.some(isTemplate) && !ldflags.flatMap(wordsOf).some((word) => word === "-s" || word === "-w");
  const found = file.releaser.builds.flatMap(({ node, ldflags = defaults }): Found[] => {
    if (!lacks(ldflags)) return [];
    const entry = entryOf(node, "ldflags");
    const { start, end } = entry?.key ?? node.entries[0]?.key ?? node;
    return [{ file, start, end, message, cost, fix: addItem(file.text, entry?.value, "-s -w") }];
  });
  if (isKo && file.releaser.builds.length === 0 && lacks(defaults)) {
    const end = file.text.indexOf("\n");
    return [
      {
        file,
        start: 0,
        end: end < 0 ? file.text.length : end,
        message: message.replace("ldflags", "defaultLdflags"),
        cost,
      },
    ];
  }
  return found;
}

/** "{{ .Env.LDFLAGS }}": a word that is nothing but a template, and no value of a flag, may be any number of flags. */
function isTemplate(text: string): boolean {
  const words = wordsOf(text.replaceAll(/\{\{[^{}]*\}\}/g, OPEN));
  return words.some(
    (word, i) => word !== "" && word.replaceAll(OPEN, "") === "" && !/^--?[a-zA-Z]+$/.test(words[i - 1] ?? ""),
  );
}

function debugCost(program: ProgramFacts | undefined): Cost | undefined {
  if (!program || program.debugBytes === 0) return undefined;
  return {
    bytes: program.debugBytes,
    basis: "measured",
    how: `DWARF and symbol table of go build ${program.name}, ${program.target}`,
  };
}

function stripEdit({ text }: BuildFile, build: GoBuild): Found["fix"] {
  const flag = build.flags.get("ldflags");
  if (!flag) return addFlag(text, build, quoted(text, build, "-s -w"));
  const { start, end } = flag.valueWord;
  const written = text.slice(start, end);
  // behind the quote that the value begins with, wherever the flag's name stands
  const opening = /^(?:--?ldflags=)?["']|^["']--?ldflags=/.exec(written);
  if (!opening) return undefined;
  const at = start + opening[0].length;
  return [{ start: at, end: at, text: "-s -w " }];
}

/** -ldflags with quotes that do not end the text around the command. */
function quoted(text: string, build: GoBuild, value: string): string {
  const line = text.slice(text.lastIndexOf("\n", build.go.start) + 1, build.go.start);
  const quote = line.replaceAll(/\\./g, "").split('"').length % 2 === 0 ? "'" : '"';
  return `-ldflags=${quote}${value}${quote}`;
}

/** A flag right behind "go build"; nothing where that is not written so. */
function addFlag(text: string, { command, verb }: GoBuild, flag: string): Found["fix"] {
  if (command.isNested || text.slice(verb.start, verb.end) !== verb.text) return undefined;
  return [{ start: verb.end, end: verb.end, text: ` ${flag}` }];
}

export function noTrimpath(project: Project): Found[] {
  const commands = project.files
    .flatMap((file) => shippedBuilds(project, file))
    .flatMap((built) => {
      const { build, file } = built;
      if (flagValue(build, "trimpath") !== undefined || mayHide(build, "trimpath")) return [];
      return [
        {
          ...place(built),
          message: "the program holds the directories of the machine that built it: build with -trimpath",
          cost: pathCost(project.program),
          fix: addFlag(file.text, build, "-trimpath"),
        },
      ];
    });
  return [...commands, ...project.files.flatMap((file) => releaserPaths(file, pathCost(project.program)))];
}

/** goreleaser passes what it is told; ko trims by itself. */
function releaserPaths(file: BuildFile, cost: Cost | undefined): Found[] {
  if (file.kind !== "goreleaser" || isOfTests(file.path)) return [];
  return file.releaser.builds.flatMap(({ node, flags, env }): Found[] => {
    if (
      flags.some((flag) => /^--?trimpath$/.test(flag)) ||
      isTemplate(flags.join(" ")) ||
      /-trimpath/.test(env.get("GOFLAGS") ?? "")
    )
      return [];
    const entry = entryOf(node, "flags");
    const { key } = node.entries[0] ?? {};
    const { start, end } = entry?.key ?? key ?? node;
    const message = "the program holds the directories of the machine that built it: add -trimpath to flags";
    return [
      {
        file,
        start,
        end,
        message,
        cost,
        fix: entry ? addItem(file.text, entry.value, "-trimpath") : addEntry(file.text, node, "flags: [-trimpath]"),
      },
    ];
  });
}

function pathCost(program: ProgramFacts | undefined): Cost | undefined {
  if (!program || program.pathBytes === 0) return undefined;
  return { bytes: program.pathBytes, basis: "estimate", how: "directories in the function table of the build here" };
}
