// What turns elimination of methods off, against builds with and without the reflective calls.
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { dce, type Dce } from "../../src/explain/dce.ts";
import type { LinkModel } from "../../src/explain/model.ts";
import { dceSchema } from "../../src/explain/schema.ts";
import { nodesByName } from "../../src/linkgraph/graph.ts";
import { EDGE } from "../../src/linkgraph/probegraph.ts";
import { dceText } from "../../src/report/dcetext.ts";
import { loadKnowledge } from "../../src/toolchain/knowledge.ts";
import { goBuild, goToolchain } from "../fixture.ts";
import { modelOf } from "./modelof.ts";

const knowledge = { blockers: loadKnowledge("blockers"), heavy: loadKnowledge("heavy") };
const answer = (model: LinkModel): Dce => {
  const found = dce(model, { knowledge, std: false });
  dceSchema.parse(found);
  return found;
};
const terminal = { colour: false, width: 100, cut: false };
const CLIENT = "fixture/reflection/service.Client";

let byname: LinkModel;
beforeAll(async () => {
  byname = await modelOf("reflection/byname");
});

describe("one reflective call", () => {
  it("is named, with its place and its way from main", () => {
    const found = answer(byname);
    expect([found.elimination, found.blockers.length, found.dynamic]).toEqual(["off", 1, null]);
    const [{ functions, calls, chain, broughtBy, callers }] = found.blockers;
    // the call is inlined into main
    expect(functions.map(({ symbol }) => symbol)).toEqual(["main.main"]);
    expect(calls.map(({ callee, position }) => [callee, position?.line])).toEqual([["reflect.Value.MethodByName", 10]]);
    expect(calls[0].position?.file).toMatch(/byname\/main\.go$/);
    expect([chain, broughtBy, callers]).toEqual([[], null, []]);
  });

  it("costs what a build without it lacks", () => {
    const [off, on] = ["byname", "fixed"].map(
      (pkg) =>
        statSync(
          goBuild({
            fixture: "reflection",
            pkg: `./${pkg}`,
            ldflags: "-s -w",
            flags: ["-trimpath", "-buildvcs=false"],
          }),
        ).size,
    );
    const { gain, blockers } = answer(byname);
    expect(off - on).toBeGreaterThan(1e6);
    expect(Math.abs(gain - (off - on))).toBeLessThan(0.05 * (off - on));
    expect(blockers[0].gain).toEqual({ alone: gain, inOrder: gain });
  });

  it("keeps the methods of what it is given", () => {
    const { boxed } = answer(byname);
    const client = boxed.find(({ type }) => type === CLIENT)!;
    expect(boxed[0]).toBe(client);
    expect([client.methods, client.package, client.module]).toEqual([
      9,
      "fixture/reflection/service",
      "fixture/reflection",
    ]);
    // interfaces of the standard library have a method Name too
    expect(client.uncalled).toBe(8);
    expect(client.bytes).toBeGreaterThan(1e6);
    expect(client.converted).toMatchObject({ function: { symbol: "main.main" }, type: `*${CLIENT}`, through: [] });
    expect(client.sample[0]).toMatch(/^type ClientFuncs struct\{ \w+ func\(/);
    expect(client.sample[1]).toContain("*service.Client");
  });
});

it("of two blockers, only the last brings anything, and each knows its way", async () => {
  const model = await modelOf("reflection/both");
  const { blockers, gain, elimination } = answer(model);
  expect(elimination).toBe("off");
  expect(blockers.map(({ functions }) => functions[0].symbol)).toEqual([
    "main.main",
    "text/template.(*state).evalField",
  ]);
  expect(blockers[0].gain.alone).toBeLessThan(10_000);
  expect(blockers[0].gain.inOrder).toBeLessThan(10_000);
  expect(blockers[1].gain.inOrder).toBe(gain);
  expect(gain).toBeGreaterThan(1e6);
  const [, template] = blockers;
  expect(template.broughtBy).toMatchObject({ importer: "main", package: "text/template", module: "std" });
  expect(template.cures.length).toBeGreaterThan(0);
  const { graph } = model;
  const node = (name: string): number => nodesByName(graph, (n) => n === name)[0];
  for (const { from, to, how } of template.chain.filter((step) => step.how === "refers")) {
    const [a, b] = [node(from.symbol), node(to.symbol)];
    const edges = Array.from({ length: graph.start[a + 1] - graph.start[a] }, (_, i) => graph.start[a] + i);
    expect([how, edges.some((e) => graph.target[e] === b && graph.edge[e] === EDGE.plain)]).toEqual(["refers", true]);
  }
  const text = dceText(answer(model), { terminal });
  expect(text).toContain("DCE off");
  expect(text).toContain("BLOCKER 2 OF 2  text/template.(*state).evalField");
});

it("executing a template is one too", async () => {
  const { blockers } = answer(await modelOf("reflection/template"));
  expect(blockers.map(({ functions, calls }) => [functions[0].symbol, calls[0].callee])).toEqual([
    ["text/template.(*state).evalField", "reflect.Value.MethodByName"],
  ]);
});

it("a constant name is none", async () => {
  const found = answer(await modelOf("reflection/clean"));
  expect([found.elimination, found.blockers, found.gain]).toEqual(["on", [], 0]);
  expect(found.boxed.filter(({ type }) => type === CLIENT)).toEqual([]);
  expect(dceText(found, { terminal }).split("\n")[0]).toMatch(/DCE on: no function that is reached/);
});

it.runIf(Number(/^go1\.(\d+)/.exec(goToolchain().version)?.[1]) >= 26)(
  "Go 1.26's iterators over methods are, through whoever calls them; a client in a field is boxed with its struct",
  async () => {
    const { blockers, boxed } = answer(await modelOf("reflection/methods"));
    expect(blockers).toHaveLength(1);
    expect(blockers[0].functions[0].symbol).toMatch(/^reflect\..*Methods/);
    expect(blockers[0].callers.map((caller) => [caller.function.symbol, caller.how, caller.method])).toEqual([
      ["main.main", "calls", "Methods"],
    ]);
    expect(boxed.find(({ type }) => type === CLIENT)?.converted).toMatchObject({
      function: { symbol: "main.main" },
      type: "main.Services",
      through: [],
    });
  },
);

it.runIf(spawnSync("gcc", ["--version"]).status === 0 && process.platform === "linux")(
  "plugins keep all methods, exported or not",
  async () => {
    const { elimination, dynamic, blockers, gain, boxed } = answer(
      await modelOf("reflection/dynamic", { CGO_ENABLED: "1" }),
    );
    expect([elimination, dynamic?.importers, dynamic?.gain, blockers]).toEqual(["off", ["main"], gain, []]);
    expect(gain).toBeGreaterThan(1e6);
    expect(boxed[0].type).toBe(CLIENT);
  },
);
