// The page of a diff without a browser: every byte of change is in its map, and its policy lets in its own script and style alone.
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { diff } from "../../src/ledger/diff.ts";
import { snapshot } from "../../src/ledger/snapshot.ts";
import { diffHtmlPage } from "../../src/report/diffhtml.ts";
import { type PageData, type PageNode, unpack } from "../../src/report/page.data.ts";
import { sampleProfile, type SampleRow, SHA } from "../ledger/sample.ts";

const before: SampleRow[] = [
  ["code", "main", "main.main", 400],
  ["code", "main", "main.old", 300],
  ["code", "net/http", "net/http.Serve", 900],
  ["header", "", "ELF header", 64],
];
const after: SampleRow[] = [
  ["code", "main", "main.main", 500],
  ["code", "net/http", "net/http.Serve", 850],
  ["code", "net/http", "net/http.tiny", 8],
  ["code", "net/http/pprof", "net/http/pprof.Index", 700],
  ["header", "", "ELF header", 96],
];

function of(rows: readonly SampleRow[], symbols: boolean): ReturnType<typeof snapshot> {
  return snapshot(sampleProfile(rows), { name: "app", sha256: SHA }, { symbols });
}

function treeOf(html: string): PageNode {
  const [, packed] = /<script type="text\/plain" id="data">([^<]*)<\/script>/.exec(html)!;
  return unpack(JSON.parse(gunzipSync(Buffer.from(packed, "base64")).toString("utf8")) as PageData);
}

function find(node: PageNode, name: string): PageNode {
  if (node.name === name) return node;
  for (const child of node.children) {
    const found = find(child, name);
    if (found.name === name) return found;
  }
  return node;
}

const NEW = 0;
const GROWN = 1;
const SHRUNK = 2;
const GONE = 3;

describe("the map of a diff", () => {
  const root = treeOf(diffHtmlPage(diff(of(before, true), of(after, true))));

  it("has every byte of change, by the way it changed", () => {
    const parts = (name: string): [readonly number[], readonly number[]] => {
      const { own, parts: bytes } = find(root, name);
      return [own, bytes];
    };
    expect(parts("app")).toEqual([
      [NEW, GROWN, SHRUNK, GONE],
      [708, 132, 50, 300],
    ]);
    expect(parts("main.old")).toEqual([[GONE], [300]]);
    expect(parts("net/http")).toEqual([
      [NEW, SHRUNK],
      [8, 50],
    ]);
    expect(parts("ELF header")).toEqual([[GROWN], [32]]);
    expect(find(root, "net/http").children.map((n) => [n.name, n.bytes])).toEqual([
      ["net/http.Serve", 50],
      ["smaller symbols", 8],
    ]);
    expect(find(root, "net/http/pprof").note).toBe("0 B → 700 B (+700 B)");
  });

  it("ends at packages without symbols, and there at what is left of the changes", () => {
    const plain = treeOf(diffHtmlPage(diff(of(before, false), of(after, false))));
    expect(find(plain, "net/http")).toMatchObject({ own: [SHRUNK], parts: [42], children: [] });
  });
});

it("lets in its own script and style alone, and says why it grew", () => {
  const edge = {
    from: { symbol: "main.main", package: "main" },
    to: { symbol: "net/http/pprof.Index·f", package: "net/http/pprof" },
  };
  const because = [{ package: "net/http/pprof", ...edge, change: "new" as const, entrance: edge }];
  const html = diffHtmlPage({ ...diff(of(before, true), of(after, true)), because });
  const digest = (text: string): string => createHash("sha256").update(text).digest("base64");
  const [, style] = /<style>([^]*?)<\/style>/.exec(html)!;
  const [, script] = /<script>([^]*?)<\/script>/.exec(html)!;
  const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(html)!;
  expect(policy).toContain(`script-src 'sha256-${digest(script)}'`);
  expect(policy).toContain(`style-src 'sha256-${digest(style)}'`);
  expect(html).not.toMatch(/\b(?:src|href)=/);
  expect(html).toContain("<summary>Because: main.main → net/http/pprof.Index (+700 B)</summary>");
});
