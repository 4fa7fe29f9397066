// Rules about single dependencies: build tags that they read, what is lighter, what belongs into tests.
import { openCures } from "./cures.ts";
import { matchesSome } from "./patterns.ts";
import type { LinkedPackage, Program } from "./program.ts";
import { versionIn } from "./ranges.ts";
import type { Cure, Heavy, Tag, TestPackage } from "./schema.ts";

export interface TagAdvice {
  readonly entry: Tag;
  /** What makes the program smaller: to set tags that are not set, or to drop tags that are. */
  readonly change: "set" | "drop";
  readonly tags: readonly string[];
  /** Import paths, sorted, of the packages that read them. */
  readonly readers: readonly string[];
  /** Why they have no effect in the version that is linked. */
  readonly broken: string | undefined;
}

/** Changes of build tags that would make this program smaller. What nothing that it links reads, is left out. */
export function tagsFor(entries: readonly Tag[], program: Program): TagAdvice[] {
  const advice: TagAdvice[] = [];
  for (const entry of entries) {
    const shrinks = entry.effect === undefined;
    const tags = entry.tags.map((tag) => tag.name).filter((tag) => program.tags.has(tag) !== shrinks);
    const readers = linkedOf(entry.readBy, entry.versions, program);
    if (tags.length === 0 || readers.length === 0) continue;
    if (entry.gone && linkedOf(entry.gone, undefined, program).length === 0) continue;
    const broken = entry.broken?.find((each) =>
      readers.every((reader) => versionIn(each.versions, reader.module.version) === true),
    );
    advice.push({
      entry,
      change: shrinks ? "set" : "drop",
      tags,
      readers: pathsOf(readers),
      broken: broken?.text,
    });
  }
  return advice;
}

export interface HeavyFinding {
  readonly entry: Heavy;
  /** Import paths, sorted; empty for types. */
  readonly packages: readonly string[];
  readonly cures: readonly Cure[];
}

/** Heavy dependencies that are linked, each with what is lighter. */
export function lighterThan(entries: readonly Heavy[], program: Program): HeavyFinding[] {
  const findings: HeavyFinding[] = [];
  for (const entry of entries) {
    if (!entry.packages) continue;
    const packages = linkedOf(entry.packages, entry.versions, program);
    if (packages.length === 0) continue;
    const cures = openCures(entry.cures, program);
    if (cures.length > 0) findings.push({ entry, packages: pathsOf(packages), cures });
  }
  return findings;
}

/** What is known about a type whose methods stay because it is converted to an interface: "*k8s.io/client-go/kubernetes.Clientset". */
export function boxedTypeCures(entries: readonly Heavy[], program: Program, type: string): HeavyFinding[] {
  return entries
    .filter((entry) => entry.types && matchesSome(entry.types, type.replace(/^\*+/, "")))
    .map((entry) => ({ entry, packages: [], cures: openCures(entry.cures, program) }));
}

/** The entry of a package that belongs into tests; its path without the module's major. */
export function testPackageOf(entries: readonly TestPackage[], name: string): TestPackage | undefined {
  return entries.find((entry) => matchesSome(entry.packages, name));
}

function linkedOf(patterns: readonly string[], versions: string | undefined, program: Program): LinkedPackage[] {
  const found: LinkedPackage[] = [];
  for (const each of program.packages.values()) {
    if (!matchesSome(patterns, each.name)) continue;
    if (versions === undefined || versionIn(versions, each.module.version) !== false) found.push(each);
  }
  return found;
}

function pathsOf(packages: readonly LinkedPackage[]): string[] {
  return packages.map((each) => each.path).sort();
}
