// Deps → a graph of modules for Graphviz (https://graphviz.org/doc/info/lang.html).
import type { Deps } from "../explain/deps.ts";
import { visible } from "./escape.ts";
import { formatBytes } from "./units.ts";

/** Modules as nodes, with their retained bytes; an arrow where a package of one imports a package of the other. */
export function depsDot(deps: Deps, std: boolean): string {
  const shown = deps.modules.filter(({ role }) => std || role !== "std");
  const moduleOf = new Map(shown.flatMap((m) => m.packages.map((p) => [p.path, m.path] as const)));
  const arrows = new Set<string>();
  for (const module of shown)
    for (const p of module.packages)
      for (const importer of p.importers) {
        const from = moduleOf.get(importer);
        if (from !== undefined && from !== module.path) arrows.add(`  ${quoted(from)} -> ${quoted(module.path)};`);
      }
  const most = Math.max(1, ...shown.map((m) => m.retained));
  const nodes = shown.map((m) => {
    const size = m.role === "main" ? formatBytes(m.attributed) : formatBytes(m.retained);
    const label = `${quoted(`${m.path}${m.version === "" ? "" : ` ${m.version}`}`).slice(0, -1)}\\n${size}"`;
    return `  ${quoted(m.path)} [label=${label}, fontsize=${(9 + 9 * Math.sqrt(m.retained / most)).toFixed(1)}];`;
  });
  return `${["digraph deps {", "  rankdir=LR;", "  node [shape=box];", ...nodes.sort(), ...[...arrows].sort(), "}"].join("\n")}\n`;
}

function quoted(text: string): string {
  return `"${visible(text).replace(/["\\]/g, "\\$&")}"`;
}
