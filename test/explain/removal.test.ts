// What would leave, against what really leaves: the same program built without each of its features.
import { statSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { deps, type DepsPackage } from "../../src/explain/deps.ts";
import { linkModel } from "../../src/explain/model.ts";
import { profile } from "../../src/ledger/profile.ts";
import { goBuild } from "../fixture.ts";
import { linked } from "../linkgraph/linked.ts";

const FEATURES = {
  "encoding/json": "nojson",
  "net/http": "nohttp",
  "text/template": "notemplate",
  regexp: "noregexp",
  "encoding/xml": "noxml",
};

let packages: readonly DepsPackage[];
let size: number;

beforeAll(async () => {
  const { subject, graph } = await linked("removal");
  const found = profile(subject.bytes, { testimony: subject.testimony! });
  const model = linkModel(graph.dump, found, { name: "removal", sha256: "" });
  if ("reason" in model) throw new Error(model.reason);
  packages = deps(model).modules.flatMap((module) => module.packages);
  size = subject.bytes.length;
});

it.each(Object.entries(FEATURES))("%s", (path, tag) => {
  const smaller = goBuild({
    fixture: "removal",
    ldflags: "-s -w",
    flags: ["-trimpath", "-buildvcs=false", `-tags=${tag}`],
  });
  const removed = size - statSync(smaller).size;
  const { retained } = packages.find((p) => p.path === path)!;
  // a linked file's segments are rounded to pages
  expect(Math.abs(retained - removed)).toBeLessThan(Math.max(16_384, removed * 0.04));
  expect(removed).toBeGreaterThan(50_000);
});
