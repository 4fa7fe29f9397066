// What the knowledge files say of the dependencies that are linked.
import { testPackageOf } from "../advice/dependencies.ts";
import { duplicatesOf } from "../advice/duplicates.ts";
import { type Program, programOf } from "../advice/program.ts";
import type { Knowledge } from "../advice/schema.ts";
import { badVersions } from "../advice/versions.ts";
import type { Snapshot } from "../ledger/snapshot.ts";
import type { DepsFinding } from "./deps.ts";

/** The linked modules and packages; what replaces a module stands for it. */
export function programOfSnapshot({ file, modules }: Snapshot): Program {
  const tags = file.settings.find(({ key }) => key === "-tags")?.value.split(",") ?? [];
  return programOf(
    modules.map(({ path, version, replace, packages }) => ({
      path,
      version: replace?.version ?? version,
      packages: packages.map((p) => p.path),
    })),
    file.goVersion,
    tags,
  );
}

/** Duplicates for one job, packages that belong into tests, versions that go badly together. Largest first. */
export function dependencyFindings(
  knowledge: Pick<Knowledge, "duplicates" | "testpackages" | "versions">,
  snapshot: Snapshot,
): DepsFinding[] {
  const program = programOfSnapshot(snapshot);
  const bytes = new Map<string, number>();
  for (const module of snapshot.modules) for (const p of module.packages) bytes.set(p.path, p.bytes);
  const sum = (packages: readonly string[]): number => packages.reduce((total, p) => total + (bytes.get(p) ?? 0), 0);
  const found: DepsFinding[] = duplicatesOf(knowledge.duplicates, program).map(({ entry, libraries, cures }) => ({
    kind: "duplicates",
    id: entry.id,
    message: [entry.title, ...cures.slice(0, 1).map((cure) => cure.text)].join(": "),
    names: libraries.map((library) => library.name),
    bytes: sum(libraries.flatMap((library) => library.packages)),
  }));
  for (const p of program.packages.values()) {
    const entry = testPackageOf(knowledge.testpackages, p.name);
    if (!entry) continue;
    const message = `${entry.title}: ${entry.why}`;
    found.push({ kind: "test package", id: entry.id, message, names: [p.path], bytes: sum([p.path]) });
  }
  for (const { entry, cures } of badVersions(knowledge.versions, program)) {
    const names = (entry.linked ?? []).map((each) => each.module);
    const message = [entry.title, ...cures.slice(0, 1).map((cure) => cure.text)].join(": ");
    found.push({ kind: "version", id: entry.id, message, names, bytes: 0 });
  }
  return found.sort((a, b) => b.bytes - a.bytes || (a.id < b.id ? -1 : 1));
}
