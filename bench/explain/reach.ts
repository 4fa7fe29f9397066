// Does dead-code elimination, run again on the graph, keep what the linker kept? Symbols that both keep, that one keeps alone.
import { linkGraph, nodeName } from "../../src/linkgraph/graph.ts";
import { SYMBOL } from "../../src/linkgraph/probegraph.ts";
import { groundOf, Reach } from "../../src/linkgraph/reach.ts";
import { caddy, example, ko, link } from "./subjects.ts";

const TARGETS = [
  ["linux", "amd64"],
  ["windows", "amd64"],
  ["darwin", "arm64"],
  ["js", "wasm"],
] as const;

export async function reach(): Promise<void> {
  console.log("| program | target | linker keeps | re-run keeps too | share | re-run alone |");
  console.log("|---|---|---|---|---|---|");
  for (const program of [example, ko(), caddy()]) {
    for (const [GOOS, GOARCH] of TARGETS) {
      let dump;
      try {
        ({ testimony: dump } = await link(program, { GOOS, GOARCH }));
      } catch (error) {
        console.log(
          `| ${program.name} | ${GOOS}/${GOARCH} | does not build: ${String(error).split("\n")[1] ?? ""} | | | |`,
        );
        continue;
      }
      if (!dump?.graph) throw new Error("no link probe");
      const graph = linkGraph(dump, dump.graph);
      const run = new Reach(groundOf(graph)).run();
      let [kept, both, alone] = [0, 0, 0];
      for (let node = 0; node < graph.count; node++) {
        const truth = (graph.flags[node] & SYMBOL.reached) !== 0;
        if (truth) kept++;
        if (truth && run.isReached(node)) both++;
        // tasks without functions order the others; the linker uses them and keeps them not
        if (!truth && run.isReached(node) && !nodeName(graph, node).endsWith("..inittask")) alone++;
      }
      console.log(
        `| ${program.name} | ${GOOS}/${GOARCH} | ${kept} | ${both} | ${((100 * both) / kept).toFixed(3)} % | ${alone} |`,
      );
    }
  }
}
