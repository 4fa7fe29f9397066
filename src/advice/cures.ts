// Which of an entry's cures are still to be had in a program.
import type { Program } from "./program.ts";
import { goVersionIn, versionIn } from "./ranges.ts";
import type { Cure } from "./schema.ts";
import { withoutMajor } from "./semver.ts";

export function openCures(cures: readonly Cure[] | undefined, program: Program): Cure[] {
  return (cures ?? []).filter((cure) => {
    switch (cure.kind) {
      case "tag": {
        if (cure.tags.every((tag) => program.tags.has(tag))) return false;
        const { module, versions } = cure;
        return module === undefined || versions === undefined || linkedIn(program, module, versions) !== false;
      }
      case "upgrade":
        return linkedIn(program, cure.module, cure.to) !== true;
      case "go":
        return goVersionIn(cure.to, program.goVersion) !== true;
      default:
        return true;
    }
  });
}

/** Whether a module is linked in these versions; undefined if it is linked, but its version says nothing. */
export function linkedIn(program: Program, name: string, versions: string | undefined): boolean | undefined {
  let answer: boolean | undefined = false;
  for (const module of program.modules) {
    if (withoutMajor(module.path) !== name) continue;
    const fits = versions === undefined ? true : versionIn(versions, module.version);
    if (fits === true) return true;
    if (fits === undefined) answer = undefined;
  }
  return answer;
}
