// Snapshot → a static treemap in SVG: modules, and their packages coloured by kind.
import { hierarchy, treemap, treemapSquarify } from "d3-hierarchy";
import { type Kind, KINDS } from "../ledger/ledger.ts";
import type { KindBytes, Snapshot } from "../ledger/snapshot.ts";
import { html, visible } from "./escape.ts";
import { buildFacts } from "./headline.ts";
import { composition } from "./hints.ts";
import { KIND_STYLES } from "./kinds.ts";
import { shorten, textWidth } from "./terminal.ts";
import { formatBytes, formatExact, formatShare } from "./units.ts";

interface Node {
  readonly name: string;
  readonly bytes: number;
  readonly kinds: KindBytes;
  readonly children?: readonly Node[];
}

const WIDTH = 1200;
const HEIGHT = 800;
const HEAD = 44;
const FOOT = 34;
/** Average advance of the font as a part of its size. */
const ADVANCE = 0.58;

/** A picture of 1200 × 800 units; text is real text, and every cell has a tooltip. Packages too small to see are drawn without one. */
export function svgTreemap(snapshot: Snapshot): string {
  const { file } = snapshot;
  const root = hierarchy<Node>(tree(snapshot), (node) => node.children as Node[] | undefined)
    .sum((node) => (node.children ? 0 : node.bytes))
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const laid = treemap<Node>()
    .tile(treemapSquarify.ratio(1.3))
    .size([WIDTH, HEIGHT - HEAD - FOOT])
    .paddingInner(1)
    .paddingTop((node) => (node.depth === 1 && node.y1 - node.y0 > 40 && node.x1 - node.x0 > 40 ? 17 : 1))
    .round(true)(root);
  const out = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="11">`,
    `<title>${html(`${file.name}, ${formatBytes(file.size)}`)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="8" y="19" font-size="15" font-weight="600" fill="#1c2128">${html(shorten(file.name, 80))} · ${formatBytes(file.size)}</text>`,
    `<text x="8" y="36" fill="#59636e">${html(shorten(buildFacts(snapshot).join(" · "), 170))}</text>`,
    `<g transform="translate(0 ${HEAD})">`,
  ];
  for (const node of laid.descendants()) {
    const width = node.x1 - node.x0;
    const height = node.y1 - node.y0;
    if (node.depth === 0 || width < 1 || height < 1) continue;
    const { name, bytes, kinds } = node.data;
    const inner = node.depth === 1 && node.children !== undefined;
    const box = `x="${node.x0}" y="${node.y0}" width="${width}" height="${height}"`;
    out.push(`<rect ${box} fill="${inner ? "#dfe3e8" : KIND_STYLES[mainKind(kinds)].colour}">`);
    if (inner || width * height > 24)
      out.push(`<title>${html(name)}: ${formatExact(bytes)} bytes, ${formatShare(bytes, file.size)}</title>`);
    out.push("</rect>");
    const text = inner || height >= 14 ? label(name, bytes, width) : "";
    if (text === "" || (inner && height <= 40)) continue;
    out.push(
      `<text x="${node.x0 + 4}" y="${node.y0 + 12}" fill="${inner ? "#1c2128" : "#fff"}" pointer-events="none">${html(text)}</text>`,
    );
  }
  out.push("</g>", ...legend(snapshot), "</svg>");
  return `${out.join("\n")}\n`;
}

function tree(snapshot: Snapshot): Node {
  const modules: Node[] = snapshot.modules.map((m) => ({
    name: m.version === "" ? m.path : `${m.path} ${m.version}`,
    bytes: m.bytes,
    kinds: {},
    children: m.packages.map((p) => ({ name: p.path, bytes: p.bytes, kinds: p.kinds })),
  }));
  const overhead = snapshot.overhead.map((o) => ({ name: o.name, bytes: o.bytes, kinds: { [o.kind]: o.bytes } }));
  if (overhead.length > 0) {
    modules.push({
      name: "(overhead)",
      bytes: overhead.reduce((n, o) => n + o.bytes, 0),
      kinds: {},
      children: overhead,
    });
  }
  return { name: snapshot.file.name, bytes: snapshot.file.size, kinds: snapshot.kinds, children: modules };
}

function mainKind(kinds: KindBytes): Kind {
  let best: Kind = "unattributed";
  for (const kind of KINDS) if ((kinds[kind] ?? 0) > (kinds[best] ?? 0)) best = kind;
  return best;
}

/** The name cut to a cell's width, with the size if there is room; "" if not even a few letters fit. */
function label(name: string, bytes: number, width: number): string {
  const room = Math.floor((width - 8) / (11 * ADVANCE));
  if (room < 4) return "";
  const size = ` ${formatBytes(bytes)}`;
  const safe = visible(name);
  return textWidth(safe) + size.length <= room ? safe + size : shorten(safe, room);
}

function legend(snapshot: Snapshot): string[] {
  const out: string[] = [];
  let x = 8;
  for (const { kind, bytes } of composition(snapshot)) {
    const text = `${kind} ${formatShare(bytes, snapshot.file.size)}`;
    const width = 18 + text.length * 11 * ADVANCE + 12;
    if (x + width > WIDTH) break;
    out.push(`<rect x="${x}" y="${HEIGHT - 22}" width="11" height="11" fill="${KIND_STYLES[kind].colour}"/>`);
    out.push(`<text x="${x + 16}" y="${HEIGHT - 12}" fill="#1c2128">${html(text)}</text>`);
    x = Math.ceil(x + width);
  }
  return out;
}
