// The page without a browser: what is packed comes out again, and areas are in proportion to bytes.
import { gunzipSync } from "node:zlib";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { KINDS } from "../../src/ledger/ledger.ts";
import { snapshot } from "../../src/ledger/snapshot.ts";
import { htmlPage } from "../../src/report/html.ts";
import { type PageData, type PageNode, unpack } from "../../src/report/page.data.ts";
import { layout } from "../../src/report/page.layout.ts";
import { sampleProfile, type SampleRow, SHA, smallProfile } from "../ledger/sample.ts";
import { HOSTILE } from "./hostile.ts";

const all = (1 << KINDS.length) - 1;

function treeOf(html: string): PageNode {
  const [, packed] = /<script type="text\/plain" id="data">([^<]*)<\/script>/.exec(html)!;
  return unpack(JSON.parse(gunzipSync(Buffer.from(packed, "base64")).toString("utf8")) as PageData);
}

const small = snapshot(smallProfile(), { name: "app", sha256: SHA }, { symbols: true });
const many: SampleRow[] = Array.from({ length: 3000 }, (_, i) => [
  KINDS[i % 9],
  `example.com/app/p${i % 70}`,
  i % 5 === 0 ? `example.com/app/p${i % 70}.f${i}` : `g${i}\n<b>`,
  1 + ((i * 7919) % 5000),
]);
const large = snapshot(sampleProfile([...many, ...HOSTILE.map((name) => ["code", name, name, 100] as const)]), {
  name: "large",
  sha256: SHA,
});
const largeWithSymbols = snapshot(sampleProfile(many), { name: "large", sha256: SHA }, { symbols: true });

function* nodes(node: PageNode): Generator<PageNode> {
  yield node;
  for (const child of node.children) yield* nodes(child);
}

describe("the tree", () => {
  it.each([small, large, largeWithSymbols])("has every byte of $file.name", (s) => {
    const root = treeOf(htmlPage(s));
    expect(root.bytes).toBe(s.file.size);
    for (const node of nodes(root)) {
      expect(node.parts.reduce((a, b) => a + b, 0)).toBe(node.bytes);
      if (node.children.length > 0) expect(node.children.reduce((sum, child) => sum + child.bytes, 0)).toBe(node.bytes);
    }
  });

  it("names modules, packages and symbols of 64 bytes and more, and puts the rest together", () => {
    const root = treeOf(htmlPage(small));
    const http = [...nodes(root)].find((n) => n.name === "net/http")!;
    expect(http.children.map((n) => [n.name, n.label, n.bytes])).toEqual([
      ["(unnamed)", "(unnamed)", 900],
      ["net/http.(*Server).Serve", "(*Server).Serve", 3800],
      ["type:net/http.Server", "type:net/http.Server", 416],
      ["smaller symbols", "smaller symbols", 8],
    ]);
    expect(root.children.map((n) => n.name)).toContain("overhead");
    expect([...nodes(root)].find((n) => n.name === "github.com/acme/yaml/v3" && n.type === "package")!.label).toBe(
      "yaml",
    );
  });
});

describe("the layout", () => {
  it.each([
    [1200, 700],
    [300, 900],
    [64, 48],
  ])("fills %i × %i without overlaps, areas in proportion to bytes", (w, h) => {
    const root = treeOf(htmlPage(largeWithSymbols));
    const cells = layout(root, all, w, h);
    for (const cell of cells) {
      expect(cell.x).toBeGreaterThanOrEqual(-0.001);
      expect(cell.y).toBeGreaterThanOrEqual(-0.001);
      expect(cell.x + cell.w).toBeLessThanOrEqual(w + 0.001);
      expect(cell.y + cell.h).toBeLessThanOrEqual(h + 0.001);
    }
    const leaves = cells.filter((cell) => cell.kind >= 0);
    // leaves never share area: on a grid, each point is in at most one
    for (let x = 3.3; x < w; x += 17) {
      for (let y = 3.7; y < h; y += 17) {
        const here = leaves.filter((c) => x > c.x && y > c.y && x < c.x + c.w && y < c.y + c.h);
        expect(here.length).toBeLessThanOrEqual(1);
      }
    }
  });

  it("gives leaves of one package areas in proportion to their bytes", () => {
    const root = treeOf(htmlPage(small));
    const http = [...nodes(root)].find((n) => n.name === "net/http")!;
    const cells = layout(http, all, 800, 600);
    const shown = cells.reduce((sum, cell) => sum + cell.bytes, 0);
    expect(shown).toBe(http.bytes);
    for (const cell of cells) expect((cell.w * cell.h) / (800 * 600)).toBeCloseTo(cell.bytes / shown, 6);
  });

  it("shows the kinds that are on, and nothing else", () => {
    const root = treeOf(htmlPage(small));
    const dwarf = KINDS.indexOf("dwarf");
    for (const node of nodes(root)) node.value = node.parts[node.own.indexOf(dwarf)] ?? 0;
    const leaves = layout(root, 1 << dwarf, 400, 300).filter((cell) => cell.kind >= 0);
    expect(leaves.map((cell) => [cell.kind, cell.bytes])).toEqual([[dwarf, 900]]);
  });
});

describe("the page", () => {
  it("allows its own script and style by their hashes, and nothing else", () => {
    const html = htmlPage(small);
    const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    for (const tag of ["script", "style"]) {
      const [, text] = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(html)!;
      expect(policy).toContain(`${tag}-src 'sha256-${createHash("sha256").update(text).digest("base64")}'`);
    }
    expect(html).not.toMatch(/\b(?:src|href)=/);
  });

  it("carries a script that stands alone", () => {
    // oxlint-disable-next-line no-implied-eval
    const make = new Function(`return ${unpack.toString()}`) as () => typeof unpack;
    expect(make()({ size: 0, name: "x", whole: "the file", kinds: [], modules: [], overhead: [] }).name).toBe("x");
    // oxlint-disable-next-line no-implied-eval
    const place = new Function(`return ${layout.toString()}`) as () => typeof layout;
    expect(place()(treeOf(htmlPage(small)), all, 300, 200).length).toBeGreaterThan(0);
  });
});
