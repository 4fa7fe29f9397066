// What an image's commands do themselves, or through the targets of a Makefile that is copied with the sources.
import type { Instruction } from "../../buildfiles/dockerfile.ts";
import type { Recipe } from "../../buildfiles/make.ts";
import type { Command } from "../../buildfiles/shell.ts";
import type { DockerBuildFile } from "./dockerfile.ts";
import type { Project } from "./project.ts";

/** A test of instructions of a Dockerfile: whether one of their commands, or of those that they have make run, does this. */
export function doing(
  project: Project,
  { path }: DockerBuildFile,
  does: (command: Command) => boolean,
): (instruction: Instruction) => boolean {
  // the context is nearly always the directory of the project, or that of the Dockerfile
  const beside = ["Makefile", "makefile", "GNUmakefile"].flatMap((name) => [name, path.replace(/[^/]*$/, name)]);
  const recipes = project.files.flatMap((file) =>
    file.kind === "make" && beside.includes(file.path) ? file.recipes : [],
  );
  const seen = new Map<string, boolean>();

  function makes(target: string): boolean {
    const known = seen.get(target);
    if (known !== undefined) return known;
    // targets may need each other in a ring
    seen.set(target, false);
    const own = recipes.filter(({ targets }) => targets.includes(target));
    const isDone = own.some(({ commands, needs }) => commands.some(reaches) || needs.some(makes));
    seen.set(target, isDone);
    return isDone;
  }

  function reaches(command: Command): boolean {
    return does(command) || goals(command, recipes).some(makes);
  }

  return ({ commands }) => commands.some(reaches);
}

/** Targets that a command has make bring up to date; none if it is another command, or one about another Makefile. */
function goals({ words }: Command, recipes: readonly Recipe[]): readonly string[] {
  const [name, ...rest] = words.map(({ text }) => text);
  if (
    !/^(?:.*\/)?g?make$/.test(name) ||
    rest.some((word) => /^-[A-Za-z]*[Cf]|^--(?:directory|file|makefile)/.test(word))
  )
    return [];
  const asked = rest.filter((word) => !/^-|=/.test(word));
  if (asked.length > 0) return asked;
  const first = recipes.flatMap(({ targets }) => targets).find((target) => !/^\.|%/.test(target));
  return first === undefined ? [] : [first];
}
