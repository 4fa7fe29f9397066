// Libraries of which a program needs one, and links several.
import { openCures } from "./cures.ts";
import { matchesSome } from "./patterns.ts";
import type { LinkedModule, Program } from "./program.ts";
import { versionIn } from "./ranges.ts";
import type { Cure, Duplicate } from "./schema.ts";
import { withoutMajor } from "./semver.ts";

export interface LinkedLibrary {
  readonly name: string;
  readonly modules: readonly LinkedModule[];
  /** Import paths, sorted. */
  readonly packages: readonly string[];
}

export interface DuplicateFinding {
  readonly entry: Duplicate;
  /** Two or more. */
  readonly libraries: readonly LinkedLibrary[];
  readonly cures: readonly Cure[];
}

/** Only what is linked counts, not what go.mod names. */
export function duplicatesOf(entries: readonly Duplicate[], program: Program): DuplicateFinding[] {
  const findings: DuplicateFinding[] = [];
  for (const entry of entries) {
    const groups = entry.libraries.length > 0 ? [librariesOf(entry, program)] : majorsOf(program);
    for (const libraries of groups)
      if (libraries.length > 1) findings.push({ entry, libraries, cures: openCures(entry.cures, program) });
  }
  // two majors of a library that an entry speaks of are one finding
  const modulesOf = (finding: DuplicateFinding): LinkedModule[] => finding.libraries.flatMap((each) => each.modules);
  const spokenOf = new Set(findings.filter((each) => each.entry.libraries.length > 0).flatMap(modulesOf));
  return findings.filter(
    (each) => each.entry.libraries.length > 0 || !modulesOf(each).every((module) => spokenOf.has(module)),
  );
}

function librariesOf(entry: Duplicate, program: Program): LinkedLibrary[] {
  const linked: LinkedLibrary[] = [];
  for (const { name, packages, versions } of entry.libraries) {
    const byMajor = new Map<string, { modules: Set<LinkedModule>; packages: string[] }>();
    for (const each of program.packages.values()) {
      if (!matchesSome(packages, each.name)) continue;
      if (versions !== undefined && versionIn(versions, each.module.version) === false) continue;
      const key = entry.majors ? each.module.path : name;
      const group = byMajor.get(key) ?? { modules: new Set(), packages: [] };
      byMajor.set(key, group);
      group.modules.add(each.module);
      group.packages.push(each.path);
    }
    for (const [key, group] of byMajor)
      linked.push({
        name: byMajor.size > 1 ? key : name,
        modules: [...group.modules],
        packages: group.packages.sort(),
      });
  }
  return linked;
}

/** Groups of modules that differ in their major only. */
function majorsOf(program: Program): LinkedLibrary[][] {
  const groups = new Map<string, LinkedLibrary[]>();
  for (const module of program.modules) {
    const name = withoutMajor(module.path);
    if (module.packages.length === 0) continue;
    const library = { name: module.path, modules: [module], packages: [...module.packages].sort() };
    groups.set(name, [...(groups.get(name) ?? []), library]);
  }
  return [...groups.values()];
}
