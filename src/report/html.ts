// Snapshot → one self-contained page: a zoomable treemap module → package → symbol with search. No request leaves it.
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { type Kind, KINDS } from "../ledger/ledger.ts";
import {
  byName,
  type KindBytes,
  type Snapshot,
  type SnapshotPackage,
  type SnapshotSymbol,
} from "../ledger/snapshot.ts";
import { html, visible } from "./escape.ts";
import { buildFacts, evidenceFacts, sourceFacts } from "./headline.ts";
import { KIND_STYLES } from "./kinds.ts";
import { page } from "./page.client.ts";
import { type PageData, type PagePackage, unpack } from "./page.data.ts";
import { layout } from "./page.layout.ts";
import { pageStyle } from "./page.style.ts";
import { formatBytes, formatExact } from "./units.ts";

/** Smaller symbols are shown together, package by package. */
const MIN_SYMBOL = 64;

/** The page as text. The snapshot needs its symbols; without them the map ends at packages. */
export function htmlPage(snapshot: Snapshot): string {
  return pageDocument(snapshotParts(snapshot));
}

/** The same in parts, for pages that say more. */
export function snapshotParts(snapshot: Snapshot): PageParts {
  const { file } = snapshot;
  const [container, ...facts] = buildFacts(snapshot);
  return {
    title: `${html(file.name)}: ${formatBytes(file.size)}`,
    head: `<div class="title"><h1>${html(file.name)}</h1><span class="size" title="${formatExact(file.size)} bytes">${formatBytes(file.size)}</span></div>
<div class="facts"><b>${html(container)}</b> · ${html([...facts, ...sourceFacts(snapshot)].join(" · "))}<br>${html(evidenceFacts(snapshot))}</div>`,
    map: "Treemap of the bytes; the list beside it says the same",
    kinds: "Kinds of bytes",
    foot: "Every byte of the file is in the map exactly once.",
    style: pageStyle,
    data: pageData(snapshot),
  };
}

/** What is on a page with a map. All but `data` is HTML already. */
export interface PageParts {
  readonly title: string;
  readonly head: string;
  /** Name of the map. */
  readonly map: string;
  /** Name of the legend. */
  readonly kinds: string;
  readonly foot: string;
  readonly style: string;
  readonly data: PageData;
}

/** A self-contained document around the map that the script draws of `data`. */
export function pageDocument({ title, head, map, kinds, foot, style, data }: PageParts): string {
  const packed = gzipSync(JSON.stringify(data), { level: 9 }).toString("base64");
  // the functions' own text is the script: the same whether they run from source or from the published build
  const script = `(${source(page)})(${source(unpack)},${source(layout)});`;
  const digest = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  // cells of the bars get their colour and share through the style attribute's object model, which needs no permission
  const policy = `default-src 'none'; script-src ${digest(script)}; style-src ${digest(style)}; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<header>
${head}
<div id="composition" aria-hidden="true"></div>
<div id="legend" role="group" aria-label="${kinds}"></div>
</header>
<main>
<section class="left" aria-label="Map">
<div class="tools"><nav id="crumbs" aria-label="Where you are"></nav>
<input id="search" type="search" placeholder="Search packages and symbols" aria-label="Search packages and symbols" autocomplete="off" spellcheck="false"></div>
<div id="map" role="img" aria-label="${map}"><canvas id="base"></canvas><canvas id="glass"></canvas><div id="tip" hidden></div></div>
</section>
<aside aria-label="Details"><div id="about" aria-live="polite"></div><div id="list" role="group" aria-label="Contents"></div></aside>
</main>
<footer><span><kbd>/</kbd> search</span><span><kbd>↑</kbd> <kbd>↓</kbd> choose</span><span><kbd>→</kbd> open</span><span><kbd>←</kbd> back</span><span>${foot}</span></footer>
<noscript>This page draws its map with a script.</noscript>
<script type="text/plain" id="data">${packed}</script>
<script>${script}</script>
</body>
</html>
`;
}

function source(part: (...args: never[]) => unknown): string {
  return part.toString().replace(/^\s+/gm, "");
}

function pageData(snapshot: Snapshot): PageData {
  return {
    size: snapshot.file.size,
    name: visible(snapshot.file.name),
    whole: "the file",
    kinds: KINDS.map((kind) => [kind, KIND_STYLES[kind].colour, KIND_STYLES[kind].meaning] as const),
    modules: snapshot.modules.map(
      (m) => [visible(m.path), visible(m.version), m.role, m.packages.map(packageData)] as const,
    ),
    overhead: snapshot.overhead.map((o) => [visible(o.name), KINDS.indexOf(o.kind), o.bytes] as const),
  };
}

function packageData(p: SnapshotPackage): PagePackage {
  // in order of names, which have most in common with their neighbours then: the page is a third smaller
  const symbols = (p.symbols ?? []).filter((s) => s.bytes >= MIN_SYMBOL).sort((a, b) => byName(a.name, b.name));
  return [
    visible(p.path),
    numbers(p.kinds),
    symbols.map((s) => shortName(p.path, s)).join("\n"),
    symbols.flatMap((s) => numbers(s.kinds)),
  ];
}

/** A name that holds no newline, the package's path taken away from its front. */
export function shortName(pkg: string, { name }: Pick<SnapshotSymbol, "name">): string {
  return name.startsWith(`${pkg}.`) ? `\t${visible(name.slice(pkg.length + 1))}` : visible(name);
}

/** A mask of kinds and the bytes of each. */
function numbers(kinds: KindBytes): number[] {
  let mask = 0;
  const bytes: number[] = [];
  KINDS.forEach((kind: Kind, k) => {
    const n = kinds[kind] ?? 0;
    if (n === 0) return;
    mask |= 1 << k;
    bytes.push(n);
  });
  return [mask, ...bytes];
}
