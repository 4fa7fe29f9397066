// Diff → one self-contained page: a treemap of what changed, coloured by growth, with search, and why it grew. No request leaves it.
import type { Diff, DiffPackage } from "../ledger/diff.ts";
import { byName } from "../ledger/snapshot.ts";
import { becauseText, type Reason, reasons } from "./because.ts";
import { buildText, change, countText, moduleRows } from "./difftext.ts";
import { html, visible } from "./escape.ts";
import { pageDocument, shortName } from "./html.ts";
import type { PageData, PageModule, PagePackage } from "./page.data.ts";
import { pageStyle } from "./page.style.ts";
import { formatBytes, formatDelta, formatExact } from "./units.ts";

/** Name, colour and meaning; areas of the map are bytes of change in each of these ways. */
const WAYS = [
  ["new", "#d1434b", "bytes of what was not there"],
  ["grown", "#e58a4a", "bytes more than before"],
  ["shrunk", "#6cbf8e", "bytes fewer than before"],
  ["gone", "#2f8f6b", "bytes of what is no longer there"],
] as const;

/** Smaller changes are shown together, package by package. */
const MIN_CHANGE = 16;
/** Packages listed under one reason. */
const MOST = 40;

const style = `${pageStyle}
.because { border: 1px solid var(--line); border-radius: 7px; background: var(--ground); padding: 6px 12px; max-height: 34vh; overflow: auto; }
.because summary { cursor: pointer; font-weight: 550; }
.because h2 { font-size: 13px; font-weight: 600; margin: 10px 0 2px; overflow-wrap: anywhere; }
.because table { border-collapse: collapse; }
.because td { padding: 1px 14px 1px 0; vertical-align: top; overflow-wrap: anywhere; }
.because td:first-child { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; color: var(--quiet); }
`;

/** The page as text. Without symbols in the diff the map ends at packages. */
export function diffHtmlPage(diff: Diff): string {
  const { oldFile, newFile, build } = diff;
  const name = build?.package ?? newFile.name;
  const facts = [
    `<b>${html(oldFile.name)}</b> ${formatBytes(diff.old)} → <b>${html(newFile.name)}</b> ${formatBytes(diff.new)}`,
    html(countText(diff)),
    build ? html(buildText(build)) : "",
  ];
  const warnings = diff.warnings.map((warning) => `<br>→ ${html(warning)}`).join("");
  return pageDocument({
    title: `${html(name)}: ${html(change(diff))}`,
    head: `<div class="title"><h1>${html(name)}</h1><span class="size" title="${formatExact(diff.delta)} bytes">${html(change(diff))}</span></div>
<div class="facts">${facts.filter(Boolean).join(" · ")}${warnings}</div>
${becauseList(reasons(diff))}`,
    map: "Treemap of the changes; the list beside it says the same",
    kinds: "Ways of change",
    foot: "Areas are bytes of change. What kept its size is not shown.",
    style,
    data: pageData(diff, name),
  });
}

function becauseList(all: readonly Reason[]): string {
  if (all.length === 0) return "";
  const blocks = all.map((reason) => {
    const rows = reason.packages
      .slice(0, MOST)
      .map(
        ({ path, delta, because }) =>
          `<tr><td>${formatDelta(delta)}</td><td>${html(path)}</td><td>${html(becauseText(because))}</td></tr>`,
      );
    const rest = reason.packages.length - rows.length;
    if (rest > 0) rows.push(`<tr><td></td><td>and ${rest} more</td><td></td></tr>`);
    return `<h2>${formatDelta(reason.delta)} ${html(reason.text)}</h2>\n<table>${rows.join("\n")}</table>`;
  });
  const more = all.length > 1 ? `, and ${all.length - 1} more` : "";
  return `<details class="because"><summary>Because: ${html(all[0].text)} (${formatDelta(all[0].delta)})${more}</summary>
${blocks.join("\n")}
</details>`;
}

function pageData(diff: Diff, name: string): PageData {
  const notes = moduleRows(diff);
  const modules = diff.modules.map((m, i): PageModule => {
    const words = [notes[i].note ?? "", sizes(m)].filter(Boolean).join(" · ");
    return [visible(m.path), visible(words), "", m.packages.map(packageData)];
  });
  return {
    size: Math.abs(diff.delta),
    name: visible(name),
    whole: "all change",
    kinds: WAYS,
    modules,
    overhead: diff.overhead.map((o) => [visible(o.name), way("changed", o.delta), Math.abs(o.delta)]),
  };
}

function sizes({
  old,
  new: current,
  delta,
}: {
  readonly old: number;
  readonly new: number;
  readonly delta: number;
}): string {
  return `${formatBytes(old)} → ${formatBytes(current)} (${formatDelta(delta)})`;
}

/** Index into WAYS. */
function way(word: "added" | "removed" | "changed", delta: number): number {
  return word === "added" ? 0 : word === "removed" ? 3 : delta > 0 ? 1 : 2;
}

/** A package's changes are those of its symbols, which may cancel out in its own sum. */
function packageData(p: DiffPackage): PagePackage {
  const changed = (p.symbols ?? []).filter((s) => s.delta !== 0);
  const sums = [0, 0, 0, 0];
  for (const s of changed) sums[way(s.change, s.delta)] += Math.abs(s.delta);
  if (!p.symbols && p.delta !== 0) sums[way(p.change, p.delta)] = Math.abs(p.delta);
  // in order of names, which have most in common with their neighbours then
  const shown = changed.filter((s) => Math.abs(s.delta) >= MIN_CHANGE).sort((a, b) => byName(a.name, b.name));
  const note = p.oldPath === undefined ? sizes(p) : `was ${p.oldPath} · ${sizes(p)}`;
  return [
    visible(p.path),
    [mask(sums), ...sums.filter((bytes) => bytes > 0)],
    shown.map((s) => shortName(p.path, s)).join("\n"),
    shown.flatMap((s) => [1 << way(s.change, s.delta), Math.abs(s.delta)]),
    visible(note),
  ];
}

function mask(sums: readonly number[]): number {
  return sums.reduce((bits, bytes, i) => (bytes > 0 ? bits | (1 << i) : bits), 0);
}
