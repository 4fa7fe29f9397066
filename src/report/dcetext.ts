// The report on dead-code elimination → text for a terminal.
import type { BlockerRow, BoxedRow, Dce, KnownCure } from "../explain/dce.ts";
import { visible } from "./escape.ts";
import { bold, dim, paint, table, type Terminal } from "./terminal.ts";
import { formatBytes, formatExact, formatShare } from "./units.ts";
import { atPosition, chainLines, placeName } from "./whytext.ts";

export interface DceTextOptions {
  readonly terminal: Terminal;
  /** Exact byte counts instead of SI units. */
  readonly exact?: boolean | undefined;
  /** Boxed types to show. */
  readonly top?: number | undefined;
}

const ROWS = 10;
const YELLOW = 178;
const GREEN = 71;

export function dceText(dce: Dce, options: DceTextOptions): string {
  const { terminal: t, exact } = options;
  const size = exact ? formatExact : formatBytes;
  const lines = [
    `${bold(t, visible(dce.file.name))}  ${size(dce.file.size)}  ${headline(dce, t)}`,
    ...dce.warnings.map((warning) => `${paint(t, YELLOW, "→")} ${visible(warning)}`),
  ];
  const count = dce.blockers.length + (dce.dynamic ? 1 : 0);
  if (count > 0) {
    const share = formatShare(dce.gain, dce.file.size);
    lines.push(
      `${bold(t, size(dce.gain))} (${share}) leave when ${count === 1 ? "it is" : `all ${count} are`} cured (estimate: elimination run again without ${count === 1 ? "it" : "them"})`,
    );
    if (dce.measured) lines.push(...measuredLines(dce, dce.measured, size, t));
    if (count > 1) lines.push(dim(t, only(dce)));
  }
  const number = (i: number): string => bold(t, `BLOCKER ${i} OF ${count}`);
  if (dce.dynamic) {
    const { importers, gain } = dce.dynamic;
    lines.push("", `${number(1)}  dynamic linking: all methods stay, exported or not`);
    lines.push(
      importers.length > 0
        ? `  brought by the import of plugin in ${importers.map(visible).join(", ")}`
        : "  brought by flags of the build: -linkshared, or a -buildmode that shares",
      `  ${size(gain)} leave with it${dce.blockers.length > 0 ? ", the first to be cured" : ""} (estimate; tables of exported symbols besides)`,
    );
  }
  dce.blockers.forEach((row, i) => lines.push("", ...blocker(row, number(i + 1 + (dce.dynamic ? 1 : 0)), size, t)));
  if (dce.followers.length > 0) {
    const more = dce.followers.map(({ symbol }) => visible(symbol)).join(", ");
    lines.push("", dim(t, `${dce.followers.length} more live only because elimination is off: ${more}`));
  }
  lines.push(...boxedSection(dce, size, options));
  return `${lines.join("\n")}\n`;
}

function headline(dce: Dce, t: Terminal): string {
  return dce.elimination === "on"
    ? `${paint(t, GREEN, "DCE on")}: no function that is reached calls methods that the linker cannot know`
    : `${paint(t, YELLOW, "DCE off")}: every ${dce.dynamic ? "" : "exported "}method of every type in an interface stays`;
}

function measuredLines(
  { gain }: Dce,
  measured: NonNullable<Dce["measured"]>,
  size: (bytes: number) => string,
  t: Terminal,
): string[] {
  if ("reason" in measured) {
    const detail = measured.detail.split("\n").filter(Boolean).slice(0, 3);
    return [
      `${paint(t, YELLOW, "→")} not measured: ${visible(measured.reason)}`,
      ...detail.map((line) => `  ${visible(line)}`),
    ];
  }
  const lines = measured.refused.map(
    ({ name, reason }) => `${paint(t, YELLOW, "→")} ${visible(name)} ${visible(reason)}`,
  );
  const off = `${gain >= measured.gain ? "+" : "-"}${formatShare(Math.abs(gain - measured.gain), measured.gain)}`;
  if (measured.elimination === "off") return [...lines, `${paint(t, YELLOW, "→")} measured: elimination is still off`];
  lines.push(
    `${bold(t, size(measured.gain))} measured: built without these calls, elimination is on (the estimate is ${off})`,
  );
  return lines;
}

function only(dce: Dce): string {
  const before =
    dce.blockers.length > 1 ? dce.blockers[dce.blockers.length - 2].gain.inOrder : (dce.dynamic?.gain ?? 0);
  return before < dce.gain / 100
    ? "As long as one is left, the others' cures bring next to nothing: only the last brings it all."
    : "Bytes behind each: what has left when it and all above it are cured.";
}

function blocker(row: BlockerRow, number: string, size: (bytes: number) => string, t: Terminal): string[] {
  const [first, ...others] = row.functions;
  const lines = [`${number}  ${bold(t, placeName(first))}`];
  if (others.length > 0) lines.push(dim(t, `  also ${others.map(({ symbol }) => visible(symbol)).join(", ")}`));
  const calls = row.calls.map(
    ({ callee, position }) => `${visible(callee)}${position ? dim(t, ` at ${atPosition(position)}`) : ""}`,
  );
  if (calls.length > 0) lines.push(`  calls ${calls.join(", ")}`);
  if (row.broughtBy) {
    const { importer, package: pkg, module, version } = row.broughtBy;
    const of = module === "std" ? "" : ` (${visible(module)}${version === "" ? "" : `@${visible(version)}`})`;
    lines.push(`  brought by ${visible(importer)} → ${visible(pkg)}${of}`);
  } else lines.push("  in the program's own code");
  if (row.gain.inOrder > 0)
    lines.push(
      `  ${size(row.gain.alone)} leave when it alone is cured, ${size(row.gain.inOrder)} with all above it (estimate)`,
    );
  for (const caller of row.callers) {
    const how =
      caller.how === "calls" ? "calls it through an interface" : `looks it up by the name "${visible(caller.method)}"`;
    lines.push(`  ${placeName(caller.function)} ${how}`);
  }
  const chain = row.callers[0]?.chain ?? row.chain;
  if (chain.length > 0) lines.push(...chainLines(t, chain).map((line) => `  ${line}`));
  lines.push(...cureLines(row.cures, t));
  return lines;
}

const CURES: Readonly<Record<KnownCure["kind"], string>> = {
  tag: "build with",
  upgrade: "upgrade to",
  go: "upgrade to",
  replace: "replace by",
  code: "change",
  remove: "remove",
  wait: "wait for",
};

function cureLines(cures: readonly KnownCure[], t: Terminal): string[] {
  return cures.map(
    ({ kind, text, what }) =>
      `  ${paint(t, GREEN, `cure: ${CURES[kind]}`)}${what === "" ? "" : ` ${visible(what)}`}: ${visible(text)}`,
  );
}

function boxedSection(dce: Dce, size: (bytes: number) => string, options: DceTextOptions): string[] {
  const { terminal: t, top = ROWS } = options;
  const shown = dce.boxed.slice(0, top);
  if (shown.length === 0) return [];
  const lines = [
    "",
    bold(t, "BOXED TYPES") + dim(t, "  BYTES: what leaves when no method stays for an interface (estimate)"),
  ];
  const rows = shown.map((row) => [
    size(row.bytes),
    `${row.methods}`,
    row.uncalled === 0 ? "" : `${row.uncalled}`,
    `*${visible(row.type)}`,
    origin(row),
  ]);
  const columns = [
    { title: "BYTES", right: true },
    { title: "METHODS", right: true },
    { title: "UNCALLED", right: true },
    { title: "TYPE", flexible: true },
    { title: "CONVERTED IN", paint: (text: string) => dim(t, text) },
  ];
  lines.push(...table(t, columns, rows));
  if (dce.boxed.length > top) lines.push(dim(t, `… ${dce.boxed.length - top} more: --top`));
  lines.push("", dim(t, "keep such a value in function values, and convert a small struct of them instead:"));
  lines.push(...shown[0].sample.map((line) => `  ${visible(line)}`), ...cureLines(shown[0].cures, t));
  return lines;
}

/** Where, and what, if it is not the type itself. */
function origin({ type: name, converted }: BoxedRow): string {
  if (!converted) return "";
  const { function: from, position, type, through } = converted;
  const way = type === name || type === `*${name}` ? [] : [type, ...through];
  const place = position && position.line > 1 ? atPosition(position) : visible(from.symbol);
  return way.length === 0 ? place : `${place} as ${way.map(visible).join(" → ")}`;
}
