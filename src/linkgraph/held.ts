// What only some packages keep in a file, found from the file and what its linker said.
import { readBuildInfo } from "../binary/go/buildinfo.ts";
import { readProgram } from "../binary/go/program.ts";
import { openExecutable } from "../binary/open.ts";
import { Bill, costsOf } from "./cost.ts";
import { linkGraph } from "./graph.ts";
import type { ProbeDump } from "./probe.ts";
import { groundOf, Reach } from "./reach.ts";
import { ownersOf } from "./retained.ts";

/** Bytes that leave when these packages are gone: elimination run again without them. 0 if the dump has no graph or fits no Go program. */
export function heldBy(packages: ReadonlySet<string>, bytes: Uint8Array, dump: ProbeDump): number {
  if (!dump.graph) return 0;
  const exe = openExecutable(bytes);
  const go = readProgram(exe, readBuildInfo(exe)?.goVersion ?? "");
  const graph = linkGraph(dump, dump.graph);
  const costs = go && costsOf(graph, exe, go);
  if (!costs) return 0;
  const ground = groundOf(graph);
  const whole = new Reach(ground).run();
  const owners = ownersOf(graph);
  const members = owners.members.filter((_, id) => packages.has(owners.names[id]));
  const without = new Reach(ground);
  for (const list of members) without.block(list);
  without.run();
  const gone: number[] = [];
  for (let node = 0; node < graph.count; node++) if (whole.isReached(node) && !without.isReached(node)) gone.push(node);
  return Math.round(new Bill(costs, (node) => whole.isReached(node)).of(gone));
}
