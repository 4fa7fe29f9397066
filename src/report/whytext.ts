// Why → text for a terminal.
import type { WhyFile } from "../explain/alone.ts";
import type { Imports } from "../explain/imports.ts";
import type { Place, Step, Why } from "../explain/why.ts";
import { visible } from "./escape.ts";
import { bold, dim, paint, table, type Terminal } from "./terminal.ts";
import { formatBytes, formatExact } from "./units.ts";

export interface WhyTextOptions {
  readonly terminal: Terminal;
  /** Exact byte counts instead of SI units. */
  readonly exact?: boolean | undefined;
  /** Rows of each table. */
  readonly top?: number | undefined;
}

const ROWS = 10;
const YELLOW = 178;

export function whyText(why: Why, options: WhyTextOptions): string {
  const { terminal: t, exact, top = ROWS } = options;
  const size = exact ? formatExact : formatBytes;
  const { target } = why;
  const module = moduleName(target.module === target.name ? "" : target.module, target.version);
  const lines = [
    `${bold(t, visible(target.name))}${dim(t, ` ${[target.kind, module].filter(Boolean).join(", ")}`)}`,
    ...why.warnings.map((warning) => `${paint(t, YELLOW, "→")} ${visible(warning)}`),
  ];
  if (target.symbols === 0) {
    lines.push("nothing of it is linked, although it is imported: pare why --import-graph shows by whom");
    return `${lines.join("\n")}\n`;
  }
  lines.push(
    `${size(why.attributed)} attributed: owned in the ledger`,
    `${bold(t, size(why.retained))} retained: leave with it (estimate: dead-code elimination run again without it)`,
    why.onlyKeptBy
      ? `only kept by ${placeName(why.onlyKeptBy)}`
      : "kept by more than one way from the start of the program",
  );
  lines.push("", bold(t, "SHORTEST CHAIN"), ...chainLines(t, why.chain));
  const { count, packages } = why.entrances;
  if (count > 0) {
    lines.push(
      "",
      bold(t, `${count} ENTRANCE${count === 1 ? "" : "S"}`) +
        dim(
          t,
          ` from ${packages.length} package${packages.length === 1 ? "" : "s"}; ALONE: what leaves when only these are cut (estimate)`,
        ),
    );
    const rows: string[][] = [];
    for (const p of packages.slice(0, top)) {
      const named = p.package === "" ? "(shared)" : p.package;
      rows.push([size(p.bytes), visible(named), `${p.entrances.length}`, ""]);
      const [e] = p.entrances;
      rows.push([
        e.bytes === null ? "" : size(e.bytes),
        `  ${shortName(e.from)} → ${shortName(e.to)}`,
        "",
        atPosition(e.position),
      ]);
    }
    const columns = [
      { title: "ALONE", right: true },
      { title: "FROM", flexible: true },
      { title: "EDGES", right: true },
      { title: "AT", paint: (text: string) => dim(t, text) },
    ];
    lines.push(...table(t, columns, rows));
    if (packages.length > top) lines.push(dim(t, `… ${packages.length - top} more packages: --top`));
  }
  const others = why.leaves.filter((row) => row.package !== target.name);
  if (others.length > 0) {
    lines.push("", bold(t, "LEAVES WITH IT"));
    const rows = others
      .slice(0, top)
      .map((row) => [
        size(row.bytes),
        visible(row.package || "(shared)"),
        row.module === "std" ? "" : visible(row.module),
      ]);
    lines.push(
      ...table(
        t,
        [
          { title: "BYTES", right: true },
          { title: "PACKAGE", flexible: true },
          { title: "MODULE", paint: (text: string) => dim(t, text) },
        ],
        rows,
      ),
    );
    if (others.length > top) lines.push(dim(t, `… ${others.length - top} more: --top`));
  }
  return `${lines.join("\n")}\n`;
}

const VERBS = { refers: "→", imports: "→ imports", method: "→ method" } as const;

/** A chain, a line each; places that only the compiler knows (function values, tables) are passed over. */
export function chainLines(t: Terminal, chain: readonly Step[]): string[] {
  if (chain.length === 0) return ["  the linker begins with it"];
  const lines = [`  ${placeName(chain[0].from)}`];
  let position = "";
  for (const { from, to, how, because, position: where } of chain) {
    if (position === "" && where) position = atPosition(where);
    if (isPassage(to) && to !== chain[chain.length - 1].to) continue;
    const note = [because === undefined ? "" : visible(because), position].filter(Boolean).join(", ");
    const initialises = how === "refers" && from.symbol.endsWith("..inittask");
    lines.push(`  ${initialises ? "→ init" : VERBS[how]} ${placeName(to)}${note === "" ? "" : dim(t, `  ${note}`)}`);
    position = "";
  }
  return lines;
}

/** Function values. */
const isPassage = ({ symbol }: Place): boolean => symbol.endsWith("·f");

export function placeName(place: Place): string {
  const module = moduleName(
    place.module === "std" || place.module === place.package ? "" : place.module,
    place.version,
  );
  return shortName(place) + (module === "" || place.package === "main" ? "" : ` (${module})`);
}

function shortName({ symbol, package: pkg }: Place): string {
  if (symbol === "") return `a constant of ${visible(pkg)}`;
  return visible(
    symbol
      .replace(/^type:\*/, "type *")
      .replace(/^type:/, "type ")
      .replace(/^go:itab\./, "itab ")
      .replace(/\.\.inittask$/, " (init order)"),
  );
}

function moduleName(path: string, version: string): string {
  return visible([path === "std" ? "" : path, path === "" || path === "std" ? "" : version].filter(Boolean).join("@"));
}

export function atPosition(position: { readonly file: string; readonly line: number } | undefined): string {
  return position ? visible(`${shortened(position.file)}:${position.line}`) : "";
}

/** Below the module cache, where "!m" stands for "M", or below a directory src like GOROOT's, the rest of the path names the package. */
function shortened(file: string): string {
  const cached = /^.*\/pkg\/mod\/(.*)$/s.exec(file);
  if (cached) return cached[1].replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return file.replace(/^(?:\/|[A-Za-z]:).*?\/src\//s, "");
}

export function importsText(found: Imports, options: WhyTextOptions): string {
  const { terminal: t, exact } = options;
  const size = exact ? formatExact : formatBytes;
  const linked =
    found.attributed > 0 ? `${size(found.attributed)} of it are linked` : "imported, yet nothing of it is linked";
  const rows = found.chain.map((p, i) => [
    size(p.bytes),
    `${i === 0 ? "" : "→ "}${visible(p.package)}`,
    p.module === "std" ? "" : moduleName(p.module, p.version),
  ]);
  return `${[
    `${bold(t, visible(found.package))}: ${linked}`,
    "",
    ...table(
      t,
      [
        { title: "LINKED", right: true },
        { title: "IMPORTS", flexible: true },
        { title: "MODULE", paint: (text: string) => dim(t, text) },
      ],
      rows,
    ),
    "",
    `imported by ${found.importers.length} packages: ${found.importers.slice(0, 12).map(visible).join(", ")}${found.importers.length > 12 ? " …" : ""}`,
  ].join("\n")}\n`;
}

/** A chain of names alone. */
export function chainText(
  name: string,
  chain: readonly string[],
  warnings: readonly string[],
  options: WhyTextOptions,
): string {
  const { terminal: t } = options;
  return `${[
    bold(t, visible(name)),
    ...warnings.map((warning) => `${paint(t, YELLOW, "→")} ${visible(warning)}`),
    "",
    ...chain.map((symbol, i) => `  ${i === 0 ? "" : "→ "}${visible(symbol)}`),
  ].join("\n")}\n`;
}

/** What a file alone tells. */
export function fileText(found: WhyFile, options: WhyTextOptions): string {
  const { terminal: t, exact, top = ROWS } = options;
  const size = exact ? formatExact : formatBytes;
  const rows = found.symbols.slice(0, top).map((row) => [size(row.bytes), visible(row.name)]);
  return `${[
    `${bold(t, visible(found.target))}: ${size(found.attributed)} attributed, ${found.functions} functions`,
    "",
    ...table(
      t,
      [
        { title: "BYTES", right: true },
        { title: "SYMBOL", flexible: true },
      ],
      rows,
    ),
  ].join("\n")}\n`;
}
