// Deps → text for a terminal: a table, or a tree by imports.
import type { Deps, DepsModule, DepsPackage } from "../explain/deps.ts";
import { visible } from "./escape.ts";
import { bold, type Column, dim, paint, table, type Terminal } from "./terminal.ts";
import { formatBytes, formatExact } from "./units.ts";

export interface DepsTextOptions {
  readonly terminal: Terminal;
  /** Exact byte counts instead of SI units. */
  readonly exact?: boolean | undefined;
  readonly top?: number | undefined;
  readonly std?: boolean | undefined;
  readonly packages?: boolean | undefined;
}

const ROWS = 30;
const PACKAGE_ROWS = 5;
const YELLOW = 178;

export function depsText(deps: Deps, options: DepsTextOptions): string {
  const { terminal: t, exact, top = ROWS, std = false, packages = false } = options;
  const size = exact ? formatExact : formatBytes;
  const shown = deps.modules.filter(({ role }) => role !== "main" && (std || role !== "std"));
  const lines = headline(deps, shown, options);
  const some = (bytes: number): string => (bytes > 0 ? size(bytes) : "");
  const rows: string[][] = [];
  for (const m of shown.slice(0, top)) {
    const note = m.role === "indirect" ? "indirect" : "";
    rows.push([
      size(m.retained),
      size(m.attributed),
      visible([m.path, m.version].filter(Boolean).join(" ")),
      note,
      `${m.importers}`,
      `${m.entrances}`,
      size(m.cutScore),
      some(m.init),
      some(m.embed),
    ]);
    if (!packages) continue;
    const list = options.top === undefined ? m.packages.slice(0, PACKAGE_ROWS) : m.packages;
    for (const p of list) rows.push(packageRow(p, `  ${visible(p.path)}`, size, some));
    if (list.length < m.packages.length)
      rows.push(["", "", `  … ${m.packages.length - list.length} more`, "", "", "", "", "", ""]);
  }
  const columns: Column[] = [
    { title: "RETAINED", right: true },
    { title: "ATTRIBUTED", right: true },
    { title: "MODULE", flexible: true },
    { title: "", paint: (text) => dim(t, text) },
    { title: "IMPORTERS", right: true },
    { title: "ENTRANCES", right: true },
    { title: "CUT SCORE", right: true },
    { title: "INIT", right: true },
    { title: "EMBED", right: true },
  ];
  lines.push("", ...table(t, columns, rows));
  if (shown.length > top) lines.push(dim(t, `… ${shown.length - top} more modules: --top`));
  lines.push(...measuredLines(deps, t, size), ...findingLines(deps, t, size));
  return `${lines.join("\n")}\n`;
}

function packageRow(
  p: DepsPackage,
  name: string,
  size: (bytes: number) => string,
  some: (bytes: number) => string,
): string[] {
  const count = `${p.importers.length}`;
  return [size(p.retained), size(p.attributed), name, "", count, `${p.entrances}`, "", some(p.init), some(p.embed)];
}

function headline(deps: Deps, shown: readonly DepsModule[], { terminal: t, exact }: DepsTextOptions): string[] {
  const size = exact ? formatExact : formatBytes;
  const direct = shown.filter(({ role }) => role === "direct").length;
  return [
    `${bold(t, visible(deps.file.name))} ${size(deps.file.size)}, ${shown.length} modules linked${direct > 0 ? `, ${direct} direct` : ""}`,
    ...deps.warnings.map((warning) => `${paint(t, YELLOW, "→")} ${visible(warning)}`),
    dim(t, "retained: leaves when it alone is gone (estimate: dead-code elimination run again without it)"),
    dim(t, "attributed: owned in the ledger; cut score: retained for each function outside that refers to it"),
  ];
}

/** The three answers side by side. */
function measuredLines(deps: Deps, t: Terminal, size: (bytes: number) => string): string[] {
  if (!deps.measured) return [];
  const rows = deps.measured.map(({ attributed, retained, removed, stubs, target }) => [
    size(attributed),
    size(retained),
    removed === null ? "" : size(Math.max(0, removed - (stubs ?? 0))),
    stubs === null ? "" : size(stubs),
    removed === null ? "" : size(Math.max(0, removed)),
    removed === null || removed <= 0 ? "" : `${(100 * (retained / removed - 1)).toFixed(1)} %`,
    visible(target),
  ]);
  const columns: Column[] = [
    { title: "ATTRIBUTED", right: true },
    { title: "RETAINED", right: true },
    { title: "BUILD SAVES", right: true },
    { title: "STUBS KEEP", right: true },
    { title: "REMOVED", right: true },
    { title: "OFF BY", right: true },
    { title: "MODULE OR PACKAGE", flexible: true },
  ];
  const notes = deps.measured.flatMap((m) =>
    m.notes.map(
      (text) => `${paint(t, YELLOW, "→")} ${visible(m.target)}: ${text.split("\n").map(visible).join("\n  ")}`,
    ),
  );
  const title = `${bold(t, "MEASURED")}${dim(t, "  removed: by a build with stubs in its place, and what only the stubs keep in it (estimate)")}`;
  return ["", title, ...table(t, columns, rows), ...notes];
}

function findingLines(deps: Deps, t: Terminal, size: (bytes: number) => string): string[] {
  if (deps.findings.length === 0) return [];
  const lines = deps.findings.map(({ message, names, bytes }) => {
    const what = `${names.slice(0, 6).map(visible).join(", ")}${names.length > 6 ? " …" : ""}`;
    return `${paint(t, YELLOW, "→")} ${what}${bytes > 0 ? ` (${size(bytes)} attributed)` : ""}: ${visible(message)}`;
  });
  return ["", bold(t, "FINDINGS"), ...lines];
}

/** Packages below the one on the shortest way of imports from main; each once. */
export function depsTree(deps: Deps, options: DepsTextOptions): string {
  const { terminal: t, exact, std = false, top } = options;
  const size = exact ? formatExact : formatBytes;
  const packages = new Map<string, { p: DepsPackage; module: DepsModule }>();
  for (const module of deps.modules)
    if (std || module.role !== "std") for (const p of module.packages) packages.set(p.path, { p, module });
  const children = new Map<string, string[]>();
  for (const { p } of packages.values())
    for (const importer of p.importers) {
      const list = children.get(importer);
      if (list) list.push(p.path);
      else children.set(importer, [p.path]);
    }
  // breadth first, so that each package stands where the fewest imports lead to it
  const below = new Map<string, string[]>();
  const seen = new Set(["main"]);
  const queue = ["main"];
  for (const at of queue) {
    const next = (children.get(at) ?? []).filter((path) => !seen.has(path));
    next.sort((a, b) => (packages.get(b)?.p.retained ?? 0) - (packages.get(a)?.p.retained ?? 0) || (a < b ? -1 : 1));
    for (const path of next) seen.add(path);
    below.set(at, next);
    queue.push(...next);
  }
  const shown = deps.modules.filter(({ role }) => role !== "main" && (std || role !== "std"));
  const lines = [...headline(deps, shown, options), "", "main"];
  const limit = top ?? Number.POSITIVE_INFINITY;
  const walk = (path: string, indent: string): void => {
    const list = (below.get(path) ?? []).slice(0, limit);
    const hidden = (below.get(path) ?? []).length - list.length;
    list.forEach((child, i) => {
      const last = i === list.length - 1 && hidden === 0;
      const { p, module } = packages.get(child)!;
      const version = module.path === p.path && module.version !== "" ? ` ${module.version}` : "";
      const note = module.role === "main" || module.role === "std" ? "" : version;
      lines.push(`${indent}${last ? "└─ " : "├─ "}${visible(p.path)}${dim(t, visible(note))}  ${size(p.retained)}`);
      walk(child, `${indent}${last ? "   " : "│  "}`);
    });
    if (hidden > 0) lines.push(`${indent}└─ … ${hidden} more`);
  };
  walk("main", "");
  return `${lines.join("\n")}\n`;
}
