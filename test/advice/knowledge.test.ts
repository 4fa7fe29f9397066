// Every entry of knowledge/ holds to its own examples: it fires on the trouble and stays quiet on the cure.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { blockerCures } from "../../src/advice/blockers.ts";
import { boxedTypeCures, lighterThan, tagsFor, testPackageOf } from "../../src/advice/dependencies.ts";
import { duplicatesOf } from "../../src/advice/duplicates.ts";
import { type FileName, type Scene, SCHEMAS } from "../../src/advice/schema.ts";
import { badVersions, toolchainEffects } from "../../src/advice/versions.ts";
import { knowledgeDirectory, loadKnowledge } from "../../src/toolchain/knowledge.ts";
import { problemsOf } from "./check.ts";
import { packageOfSymbol, programOfScene } from "./scene.ts";

const files = Object.keys(SCHEMAS) as FileName[];
/** Files of entries that are matched with programs; rules about build files, and scenarios, have tests of their own. */
type Matched = Exclude<FileName, "buildfiles" | "scenarios">;
const matched = files.filter((name): name is Matched => name !== "buildfiles" && name !== "scenarios");
const knowledge = {
  blockers: loadKnowledge("blockers"),
  duplicates: loadKnowledge("duplicates"),
  heavy: loadKnowledge("heavy"),
  tags: loadKnowledge("tags"),
  testpackages: loadKnowledge("testpackages"),
  versions: loadKnowledge("versions"),
};

test("there is a schema for every file", () => {
  expect(readdirSync(knowledgeDirectory()).sort()).toEqual(files.map((name) => `${name}.yaml`));
});

test.each(files)("%s.yaml keeps its schema", (name) => {
  const text = readFileSync(path.join(knowledgeDirectory(), `${name}.yaml`), "utf8");
  expect(problemsOf(name, text).map((each) => `${name}.yaml:${each.line}:${each.column} ${each.message}`)).toEqual([]);
});

/** Ids of the entries of a file that a scene makes fire. */
const FIRED: Record<Matched, (scene: Scene) => string[]> = {
  blockers: (scene) => {
    const use = { symbol: scene.symbol ?? "", package: packageOfSymbol(scene.symbol ?? ""), chain: scene.chain ?? [] };
    return blockerCures(knowledge.blockers, programOfScene(scene), use).map((each) => each.entry.id);
  },
  duplicates: (scene) => duplicatesOf(knowledge.duplicates, programOfScene(scene)).map((each) => each.entry.id),
  heavy: (scene) => {
    const program = programOfScene(scene);
    const boxed = scene.symbol === undefined ? [] : boxedTypeCures(knowledge.heavy, program, scene.symbol);
    return [...lighterThan(knowledge.heavy, program), ...boxed].map((each) => each.entry.id);
  },
  tags: (scene) => tagsFor(knowledge.tags, programOfScene(scene)).map((each) => each.entry.id),
  testpackages: (scene) => {
    const names = [...programOfScene(scene).packages.values()].map((each) => each.name);
    return names.flatMap((name) => testPackageOf(knowledge.testpackages, name)?.id ?? []);
  },
  versions: (scene) =>
    scene.from === undefined
      ? badVersions(knowledge.versions, programOfScene(scene)).map((each) => each.entry.id)
      : toolchainEffects(knowledge.versions, scene.from, scene.go ?? "").map((entry) => entry.id),
};

describe.each(matched)("%s", (file) => {
  test.each(knowledge[file].map((entry) => [entry.id, entry] as const))("%s", (id, entry) => {
    for (const scene of entry.examples.fires) expect(FIRED[file](scene), JSON.stringify(scene)).toContain(id);
    for (const scene of entry.examples.quiet) expect(FIRED[file](scene), JSON.stringify(scene)).not.toContain(id);
  });
});

const entries = matched.flatMap((file) => knowledge[file].map((entry) => ({ file, ...entry })));

test("ids are unique over all files", () => {
  const seen = new Set<string>();
  const twice = entries.filter((entry) => seen.size === seen.add(entry.id).size);
  expect(twice.map((entry) => entry.id)).toEqual([]);
});

test("evidence names one of its entry's sources", () => {
  const strangers = entries.flatMap((entry) =>
    entry.evidence.flatMap(({ source }) =>
      source === undefined || entry.sources.includes(source) ? [] : [`${entry.id}: ${source}`],
    ),
  );
  expect(strangers).toEqual([]);
});

test("who claims to have verified an entry says what was looked at", () => {
  const silent = entries.filter((entry) => (entry.verified === "none") !== (entry.checked === undefined));
  expect(silent.map((entry) => entry.id)).toEqual([]);
});
