// why and deps against the graph that the linker followed, and against what their documents promise.
import { beforeAll, describe, expect, it } from "vitest";
import { deps, recordOf, staleLines } from "../../src/explain/deps.ts";
import { importsOf } from "../../src/explain/imports.ts";
import { linkModel, type LinkModel } from "../../src/explain/model.ts";
import { depsSchema, importsSchema, whySchema } from "../../src/explain/schema.ts";
import { findTarget, type Target } from "../../src/explain/targets.ts";
import { why } from "../../src/explain/why.ts";
import { profile } from "../../src/ledger/profile.ts";
import { nodeName } from "../../src/linkgraph/graph.ts";
import { inflate } from "../../src/toolchain/inflate.ts";
import { linked } from "../linkgraph/linked.ts";

const modelOf = async (fixture: string, flags?: string[]): Promise<LinkModel> => {
  const { subject, graph } = await linked(fixture, {}, flags);
  const found = profile(subject.bytes, { testimony: subject.testimony!, inflate });
  const model = linkModel(graph.dump, found, { name: fixture, sha256: "" });
  if ("reason" in model) throw new Error(model.reason);
  return model;
};

let model: LinkModel;
beforeAll(async () => {
  model = await modelOf("server");
});

const target = (name: string): Target => {
  const found = findTarget(model, name);
  if (!("nodes" in found)) throw new Error(`${name}: ${found.candidates.join()}`);
  return found;
};

describe("targets", () => {
  it("are packages, modules, types, symbols and patterns", () => {
    expect(target("net/http").kind).toBe("package");
    expect(target("std").kind).toBe("module");
    expect(target("net/http.Server").kind).toBe("type");
    expect(target("net/http.(*Server).Serve").kind).toBe("symbol");
    expect(target("(*Server).Serve")).toMatchObject({ kind: "symbol", name: "net/http.(*Server).Serve" });
    expect(target("crypto/...").packages.length).toBeGreaterThan(10);
    expect(target("json")).toMatchObject({ kind: "package", name: "encoding/json" });
  });

  it("may be several or none", () => {
    expect(findTarget(model, "String")).toMatchObject({ ambiguous: true });
    expect(findTarget(model, "net/htp")).toEqual({ candidates: ["net/http"], ambiguous: false });
    expect(findTarget(model, "no/such/thing/at/all")).toEqual({ candidates: [], ambiguous: false });
  });
});

describe("why", () => {
  it.each(["net/http", "encoding/json", "crypto/tls", "reflect", "net/http.(*Server).Serve", "unicode/utf8"])(
    "%s: the document holds what it promises",
    (name) => {
      const answer = whySchema.parse(why(model, target(name)));
      const sum = answer.leaves.reduce((total, row) => total + row.bytes, 0);
      expect(Math.abs(sum - answer.retained)).toBeLessThanOrEqual(answer.leaves.length);
      expect(answer.entrances.packages.reduce((total, p) => total + p.entrances.length, 0)).toBe(
        answer.entrances.count,
      );
      for (const p of answer.entrances.packages) {
        expect(p.bytes).toBeLessThanOrEqual(answer.retained + 1);
        for (const e of p.entrances) expect(e.bytes).toBeLessThanOrEqual(p.bytes + 1);
      }
      const first = answer.chain[0];
      if (first) expect(first.from.symbol).toMatch(/^main\.(?:main|\.inittask)$|^_rt0_/);
      answer.chain.forEach((step, i) => {
        if (i > 0) expect(step.from).toEqual(answer.chain[i - 1].to);
      });
    },
  );

  it("tells where in the source a reference is", () => {
    const { chain } = why(model, target("net/http"));
    const step = chain.find(({ position }) => position !== undefined);
    expect(step?.position?.file).toMatch(/\.go$/);
    expect(step?.position?.line).toBeGreaterThan(0);
  });

  it("of the last function on a chain, what dominates it is on the chain too", () => {
    const answer = why(model, target("net/http.(*Server).Serve"));
    const places = [answer.chain[0].from, ...answer.chain.map(({ to }) => to)].map(({ symbol }) => symbol);
    if (answer.onlyKeptBy) expect(places).toContain(answer.onlyKeptBy.symbol);
  });
});

it("imports: who imports a package, and that nothing of one may be linked", () => {
  const found = importsSchema.parse(importsOf(model, "net/http"));
  expect(found.chain.map((p) => p.package)).toEqual(["main", "net/http"]);
  expect(found.importers).toContain("main");
  expect(found.attributed).toBeGreaterThan(100_000);
  expect(importsOf(model, "no/such")).toBeUndefined();
  const { packages } = model.graph.dump;
  const linkedPackages = new Set(model.snapshot.modules.flatMap((m) => m.packages.map((p) => p.path)));
  const unlinked = packages.filter((p) => p !== "" && !linkedPackages.has(p) && importsOf(model, p));
  expect(unlinked.length).toBeGreaterThan(0);
  for (const name of unlinked) expect(importsOf(model, name)!.attributed).toBe(0);
});

describe("deps", () => {
  it("attributes what the ledger does, and prices packages no higher than their module", () => {
    const found = deps(model);
    depsSchema.parse({ ...found, findings: [], warnings: [] });
    for (const module of found.modules) {
      const row = model.snapshot.modules.find(({ path }) => path === module.path)!;
      expect(module.attributed).toBe(row.bytes);
      expect(module.packages.map((p) => p.path).sort()).toEqual(row.packages.map((p) => p.path).sort());
      if (module.role !== "main")
        for (const p of module.packages) expect(p.retained).toBeLessThanOrEqual(module.retained + 1);
    }
    // the same question asked of one package alone
    for (const name of ["net/http", "encoding/json", "crypto/x509"]) {
      const row = found.modules.flatMap((m) => m.packages).find((p) => p.path === name)!;
      expect(row.retained).toBe(why(model, target(name)).retained);
    }
  });

  it("a recorded list changes with dependencies only", () => {
    const { modules } = deps(model);
    const text = recordOf(modules, true);
    expect(text).toContain("\n    net/http\n");
    expect(staleLines(text, recordOf(modules.toReversed(), true))).toEqual([]);
    expect(staleLines(text.replace("    net/http\n", ""), text)).toEqual(["+ net/http"]);
    expect(staleLines(`${text}    gone/package\r\n`, text)).toEqual(["- gone/package"]);
  });
});

it("costs cover the file: what is not a symbol's is headers, tables of the linker and padding", () => {
  const { costs, profile: found } = model;
  let sum = 0;
  for (const bytes of costs.own) sum += bytes;
  for (const bytes of costs.size) sum += bytes;
  expect(sum).toBeGreaterThan(found.exe.bytes.length * 0.96);
  expect(sum).toBeLessThan(found.exe.bytes.length);
});

it("in a file with symbols and debug information they leave too", async () => {
  const full = await modelOf("server", []);
  let sum = 0;
  for (const bytes of full.costs.own) sum += bytes;
  for (const bytes of full.costs.size) sum += bytes;
  const size = full.profile.exe.bytes.length;
  expect(sum).toBeGreaterThan(size * 0.93);
  expect(sum).toBeLessThan(size);
  const node = full.graph.dump.id.findIndex((_, i) => nodeName(full.graph, i) === "net/http.(*Server).Serve");
  expect(full.costs.own[node]).toBeGreaterThan(model.costs.own[node] === 0 ? 0 : 1000);
});
