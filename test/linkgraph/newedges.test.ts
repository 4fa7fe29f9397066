// Edges that brought growth, on a real link: each is a reference that the probe wrote down, and the nearest to main.
import { beforeAll, describe, expect, it } from "vitest";
import { nodeName } from "../../src/linkgraph/graph.ts";
import { type Edge, newEdges, type NewEdge } from "../../src/linkgraph/newedges.ts";
import { EDGE, SYMBOL } from "../../src/linkgraph/probegraph.ts";
import { type Ground, groundOf, Reach } from "../../src/linkgraph/reach.ts";
import { type Owners, ownersOf } from "../../src/linkgraph/retained.ts";
import { linked } from "./linked.ts";

let ground: Ground;
let reach: Reach;
let owners: Owners;
const known = new Set<string>();

beforeAll(async () => {
  const old = await linked("hello");
  for (let i = 0; i < old.graph.dump.count; i++) known.add(old.graph.dump.name(i));
  ground = groundOf((await linked("server")).graph);
  reach = new Reach(ground).run();
  owners = ownersOf(ground.graph);
});

const name = (node: number): string => nodeName(ground.graph, node);
const ownerOf = (node: number): string => owners.names[owners.of[node] ?? 0];

/** Whether the probe wrote this reference down, without what the re-run makes of it. */
function isReference({ from, to }: Edge): boolean {
  const { start, edge, target, methods } = ground.graph;
  for (let e = start[from]; e < start[from + 1]; e++) {
    if ((edge[e] === EDGE.plain || edge[e] === EDGE.order) && target[e] === to) return true;
    if (edge[e] === EDGE.method && methods.parts.subarray(3 * target[e], 3 * target[e] + 3).includes(to)) return true;
  }
  return false;
}

function ask(packages: readonly string[], symbols: readonly string[] = []): Map<string, NewEdge> {
  const wanted = packages.map((path) => ({ package: path, symbols }));
  return newEdges(ground, reach, owners, (symbol) => known.has(symbol), wanted);
}

describe("every package that is new in a program", () => {
  it("has an edge that is a reference from elsewhere, and an entrance that leaves what was there", () => {
    const kept = new Set<string>();
    const before = new Set<string>();
    for (let i = 0; i < ground.graph.dump.count; i++) {
      if (!reach.isReached(i) || (ground.graph.flags[i] & SYMBOL.text) === 0) continue;
      (known.has(name(i)) ? before : kept).add(ownerOf(i));
    }
    const fresh = [...kept].filter((path) => path !== "" && !before.has(path));
    expect(fresh).toContain("net/http");
    expect(fresh.length).toBeGreaterThan(50);
    const answers = ask(fresh);
    expect(fresh.filter((path) => !answers.has(path))).toEqual([]);
    for (const [path, edge] of answers) {
      expect(edge.isNew, path).toBe(true);
      expect(isReference(edge), `${name(edge.from)} → ${name(edge.to)}`).toBe(true);
      expect(isReference(edge.entrance!), path).toBe(true);
      expect(known.has(name(edge.to))).toBe(false);
      // what has brought the first new package was there, or is the program's own
      expect(before.has(ownerOf(edge.entrance!.from)), path).toBe(true);
    }
    expect(name(answers.get("net/http")!.from)).toMatch(/^main\./);
  });
});

it("prefers a function to a type and a type to an import", () => {
  const { from, to } = ask(["encoding/json"]).get("encoding/json")!;
  expect([ownerOf(from), name(to)]).toEqual(["main", expect.stringMatching(/^encoding\/json\.\(?[*A-Z]/)]);
});

it("names the largest growth where nothing is new, and nothing where nobody knows", () => {
  for (let i = 0; i < ground.graph.dump.count; i++) if (ownerOf(i) === "errors") known.add(name(i));
  const edge = ask(["errors"], ["(no such symbol)", "errors.New"]).get("errors")!;
  expect(edge).toMatchObject({ isNew: false });
  expect(name(edge.to)).toBe("errors.New");
  expect(isReference(edge)).toBe(true);
  expect(edge.entrance).toBeUndefined();
  expect(ask(["errors", "not/here"], ["(no such symbol)"]).size).toBe(0);
});

it("does not take an init that is new in a package that was there for the reason, while something of it has grown", () => {
  const task = "reflect..inittask";
  for (let i = 0; i < ground.graph.dump.count; i++)
    if (ownerOf(i) === "reflect" && name(i) !== task) known.add(name(i));
  known.delete(task);
  const grown = ask(["reflect"], ["reflect.Value.Set"]).get("reflect")!;
  expect([grown.isNew, name(grown.to)]).toEqual([false, "reflect.Value.Set"]);
  const alone = ask(["reflect"]).get("reflect")!;
  expect([alone.isNew, name(alone.to)]).toEqual([true, task]);
});
