// Versions that go badly together, and what a toolchain does to sizes.
import { linkedIn, openCures } from "./cures.ts";
import { compareGoVersions } from "./goversion.ts";
import type { Program } from "./program.ts";
import { goVersionIn } from "./ranges.ts";
import type { Cure, VersionNote } from "./schema.ts";

export interface BadVersions {
  readonly entry: VersionNote;
  readonly cures: readonly Cure[];
}

/** Only what is certain: a version that says nothing is not bad. */
export function badVersions(entries: readonly VersionNote[], program: Program): BadVersions[] {
  return entries
    .filter((entry) => {
      if (!entry.linked) return false;
      if (entry.go !== undefined && goVersionIn(entry.go, program.goVersion) !== true) return false;
      return entry.linked.every((each) => linkedIn(program, each.module, each.versions) === true);
    })
    .map((entry) => ({ entry, cures: openCures(entry.cures, program) }));
}

/** What changes by the toolchain alone from one Go version to a newer one, the oldest first. */
export function toolchainEffects(entries: readonly VersionNote[], from: string, to: string): VersionNote[] {
  const since = (entry: VersionNote): string => entry.since ?? "";
  return entries
    .filter((entry) => compareGoVersions(since(entry), from) > 0 && compareGoVersions(since(entry), to) <= 0)
    .filter((entry) => entry.since !== undefined)
    .sort((a, b) => compareGoVersions(since(a), since(b)));
}
