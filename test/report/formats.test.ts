// Every format, over a small program and over one whose names attack the reader.
import { describe, expect, it } from "vitest";
import { diff, type Diff } from "../../src/ledger/diff.ts";
import { moduleTable } from "../../src/ledger/modules.ts";
import { snapshot } from "../../src/ledger/snapshot.ts";
import { view } from "../../src/ledger/views.ts";
import { VIEWS } from "../../src/ledger/words.ts";
import { csvView } from "../../src/report/csv.ts";
import { diffHtmlPage } from "../../src/report/diffhtml.ts";
import { diffMarkdown } from "../../src/report/diffmarkdown.ts";
import { diffText } from "../../src/report/difftext.ts";
import { htmlPage } from "../../src/report/html.ts";
import { jsonDocument } from "../../src/report/json.ts";
import { markdownReport, markdownView } from "../../src/report/markdown.ts";
import { rangesTsv } from "../../src/report/ranges.ts";
import { svgTreemap } from "../../src/report/svg.ts";
import { textWidth } from "../../src/report/terminal.ts";
import { textReport, textView } from "../../src/report/text.ts";
import {
  SAMPLE_BUILD_INFO,
  sampleExecutable,
  sampleProfile,
  type SampleRow,
  SHA,
  smallProfile,
} from "../ledger/sample.ts";
import { HOSTILE, UNPRINTABLE } from "./hostile.ts";

const plain = { terminal: { colour: false, width: 100, cut: true } };

const hostileRows: SampleRow[] = HOSTILE.flatMap((name, i) => [
  ["code", name, name, 4000 + i] as const,
  ["data", `example.com/${name}`, `example.com/${name}.f`, 3000 + i] as const,
  ["header", "", name, 2000 + i] as const,
]);
const hostileProfile = sampleProfile(hostileRows, {
  exe: sampleExecutable({
    warnings: HOSTILE,
    sections: HOSTILE.map((name, i) => ({
      name,
      rva: -1,
      size: 50,
      offset: 50 * i,
      fileSize: 50,
      executable: false,
      writable: false,
    })),
  }),
  buildInfo: {
    ...SAMPLE_BUILD_INFO,
    goVersion: HOSTILE[3],
    path: HOSTILE[0],
    main: { path: HOSTILE[1], version: HOSTILE[2], sum: "" },
    deps: HOSTILE.map((path) => ({ path: `example.com/${path}`, version: path, sum: "" })),
    settings: [{ key: "vcs.revision", value: HOSTILE[5] }],
  },
  goVersion: HOSTILE[3],
  embeds: HOSTILE.map((name) => ({ name, bytes: 7, pkg: name, usedBy: HOSTILE })),
  bss: HOSTILE.map((name) => ({ pkg: name, symbol: name, bytes: 9 })),
});
const facts = { name: HOSTILE.join(""), sha256: SHA };
const hostile = snapshot(hostileProfile, facts, { symbols: true, memory: true });
const small = snapshot(smallProfile(), { name: "app", sha256: SHA }, { symbols: true, memory: true });
const end = { symbol: HOSTILE[0], package: HOSTILE[1] };
const hostileDiff: Diff = {
  ...diff(small, hostile, {
    oldCommit: SHA.slice(24),
    build: { package: HOSTILE.join(""), flags: [...HOSTILE] },
    warnings: HOSTILE,
  }),
  because: HOSTILE.map((name) => ({
    package: name,
    from: end,
    to: { symbol: name, package: name },
    change: "new" as const,
    entrance: { from: { symbol: name, package: name }, to: end },
  })),
};

function ranges(profile: typeof hostileProfile): string {
  const moduleOf = moduleTable(profile);
  return [...rangesTsv(profile.ledger, (pkg) => moduleOf(pkg).path)].join("");
}

describe("hostile names", () => {
  const texts: [string, string][] = [
    ["text", textReport(hostile, plain)],
    ["markdown", markdownReport(hostile)],
    ["json", jsonDocument(hostile)],
    ["svg", svgTreemap(hostile)],
    ["html", htmlPage(hostile)],
    ["ranges", ranges(hostileProfile)],
    ["diff text", diffText(hostileDiff, plain)],
    ["diff markdown", diffMarkdown(hostileDiff)],
    ["diff json", jsonDocument(hostileDiff)],
    ["diff html", diffHtmlPage(hostileDiff)],
    ...VIEWS.flatMap((by): [string, string][] => {
      const rows = view(hostile, { by }, hostileProfile);
      return [
        [`${by} text`, textView(hostile, rows, plain)],
        [`${by} csv`, csvView(rows)],
        [`${by} markdown`, markdownView(hostile, rows)],
      ];
    }),
  ];

  it.each(texts)("%s holds no control or bidi character", (_, text) => {
    expect(text).not.toMatch(UNPRINTABLE);
    expect(text.isWellFormed()).toBe(true);
  });

  it("no markup reaches SVG, HTML or Markdown", () => {
    expect(svgTreemap(hostile)).not.toMatch(/<script|<img|<svg onload/);
    // the page's own two scripts, and nothing else
    for (const page of [htmlPage(hostile), diffHtmlPage(hostileDiff)]) {
      expect(page.match(/<script/g)).toHaveLength(2);
      expect(page).not.toMatch(/<img|<svg/);
    }
    for (const text of [markdownReport(hostile), diffMarkdown(hostileDiff)]) {
      const outsideCode = text.replace(/`[^`\n]*`/g, "").replace(/<code>[^<]*<\/code>/g, "");
      expect(outsideCode).not.toMatch(/<(?!\/?(?:details|summary)>)/);
      expect(outsideCode).not.toMatch(/@(?!&#8203;)/);
    }
  });

  it("rows stay rows", () => {
    const rows = view(hostile, { by: "symbol" });
    expect(csvView(rows).trimEnd().split("\r\n")).toHaveLength(rows.rows.length + 1);
    const lines = ranges(hostileProfile).trimEnd().split("\n");
    expect(lines).toHaveLength(hostileProfile.ledger.count);
    for (const line of lines) expect(line.split("\t")).toHaveLength(7);
  });
});

describe("text report", () => {
  it("is at most 40 lines that fit the terminal", () => {
    for (const [s, width] of [
      [small, 100],
      [hostile, 100],
      [hostile, 60],
    ] as const) {
      const lines = textReport(s, { terminal: { colour: false, width, cut: true } })
        .trimEnd()
        .split("\n");
      expect(lines.length).toBeLessThanOrEqual(40);
      for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width < 80 ? 100 : width);
    }
  });

  it("of a diff is at most 40 lines too, and keeps both ends of a reference", () => {
    for (const width of [100, 60]) {
      const lines = diffText(hostileDiff, { terminal: { colour: false, width, cut: true } })
        .trimEnd()
        .split("\n");
      expect(lines.length).toBeLessThanOrEqual(40);
    }
    const long = (name: string): { symbol: string; package: string } => ({
      symbol: `example.com/${"long/".repeat(20)}${name}`,
      package: "main",
    });
    const edge = { package: "net/http", from: long("From"), to: long("To"), change: "new" as const };
    expect(diffText({ ...diff(small, small), because: [edge] }, plain)).toMatch(/example.*From → example.*To$/m);
  });

  it("reads well", () => {
    expect(textReport(small, plain)).toMatchInlineSnapshot(`
      "app  12.8 kB  12,846 bytes
      ELF linux/amd64 · go1.26.8 · symbols and DWARF · cgo · no PIE · trimpath
      example.com/app/cmd/app v1.4.0 · git 0123456789ab 2026-05-01, modified
      owners from the symbol table (92.5 % exact or by their only referrer)

      █████████████████████████████████████████████████████████████████□□□□□□□□□□□□□□□□▓▓▓▓▓▓▓░░░░░░░◆◆◆·●
      █ code 64.8 %   □ embed 15.9 %   ▓ pclntab 7.2 %   ░ dwarf 7.0 %   ◆ type 3.2 %   · symtab 0.7 %
      = header 0.5 %   ● string 0.4 %   - padding 0.2 %   ■ data 0.1 %   ? unattributed <0.1 %

         SIZE     %  +MEMORY     code  tables     data  debug  other  MODULE                VERSION
      5.42 kB  42.2  4.10 kB  3.30 kB   800 B    424 B  900 B      ·  std                   go1.26.8
      3.91 kB  30.4    512 B  1.69 kB   120 B  2.10 kB      ·      ·  example.com/app       v1.4.0    main
      3.20 kB  24.9        ·  3.20 kB       ·        ·      ·      ·  github.com…e/yaml/v3  v3.1.0
        186 B   1.4        ·        ·       ·        ·   96 B   90 B  (overhead)
        128 B   1.0        ·    128 B       ·        ·      ·      ·  C

         SIZE     %  +MEMORY     code  tables     data  debug  PACKAGE
      5.12 kB  39.9  4.10 kB  3.00 kB   800 B    424 B  900 B  net/http
      2.71 kB  21.1    512 B    490 B   120 B  2.10 kB      ·  main
      2.50 kB  19.5        ·  2.50 kB       ·        ·      ·  github.com/acme/yaml/v3
      1.20 kB   9.3        ·  1.20 kB       ·        ·      ·  example.com/app/store
        700 B   5.4        ·    700 B       ·        ·      ·  github.com/acme/yaml/v3/internal/scan
        300 B   2.3        ·    300 B       ·        ·      ·  vendor/golang.org/x/net/idna
        128 B   1.0        ·    128 B       ·        ·      ·  C

         SIZE     %  +MEMORY     SYMBOL
      3.80 kB  29.6        ·  T  net/http.(*Server).Serve
      2.50 kB  19.5        ·  T  github.com/acme/yaml/v3.Unmarshal
      2.05 kB  15.9        ·  R  web/index.html (main)
      1.20 kB   9.3        ·  T  example.com/app/store.Open
        700 B   5.4        ·  T  github.com/acme/yaml/v3/internal/scan.Next
        520 B   4.0        ·  T  main.main
      … and 5 more, 942 B

      → 15.9 % is embedded files, the largest web/index.html (2.05 kB): see --by embed
      → 7.8 % is DWARF and symbols: -ldflags='-s -w' leaves out these 996 B; stack traces stay readable
      "
    `);
  });

  it("is coloured only where asked, and says the same then", () => {
    const coloured = textReport(small, { terminal: { ...plain.terminal, colour: true } });
    // oxlint-disable-next-line no-control-regex
    const bare = coloured.replace(/\u001b\[[0-9;]*m/g, "");
    expect(bare).not.toBe(coloured);
    // the composition bar is drawn in one glyph where colour tells the kinds apart
    const words = (text: string): string => text.replace(/[█▓▒◆◇●○■□░·+=\-~?]+/g, "#");
    expect(words(bare)).toBe(words(textReport(small, plain)));
  });

  it("survives an empty file", () => {
    const empty = snapshot(sampleProfile([]), { name: "empty", sha256: SHA }, { symbols: true });
    expect(textReport(empty, plain)).toContain("0 B");
    expect(markdownReport(empty)).toContain("0 B");
    expect(svgTreemap(empty)).toContain("</svg>");
  });
});

describe("ranges", () => {
  it("are contiguous from 0 to the file's size, empty names are dashes, and overhead is named by its symbol", () => {
    const text = ranges(smallProfile());
    let at = 0;
    for (const line of text.trimEnd().split("\n")) {
      const [start, end] = line.split("\t").map(Number);
      expect(start).toBe(at);
      at = end;
    }
    expect(at).toBe(small.file.size);
    expect(text.split("\n")[0]).toBe("0\t64\theader\t-\t-\tELF header\texact");
    expect(text).toContain("\tpadding\t-\t-\tpadding\texact\n");
    expect(text).toContain("\tstring\texample.com/app\tmain\t-\tseveral\n");
  });
});

describe("json", () => {
  it("has one row a line and says what the object says", () => {
    expect(JSON.parse(jsonDocument(small))).toEqual(JSON.parse(JSON.stringify(small)));
    expect(
      jsonDocument(small)
        .split("\n")
        .filter((line) => line.startsWith('{"path"')),
    ).toHaveLength(small.modules.length);
    expect(jsonDocument({ a: [], b: undefined, c: null })).toBe('{\n"a": [],\n"c": null\n}\n');
  });
});

describe("csv", () => {
  it("has a column for every kind, and columns sum to the kinds", () => {
    const [head, ...lines] = csvView(view(small, { by: "package" }))
      .trimEnd()
      .split("\r\n");
    const code = head.split(",").indexOf("code");
    expect(lines.reduce((sum, line) => sum + Number(line.split(",")[code]), 0)).toBe(small.kinds.code);
  });
});

describe("markdown", () => {
  it("shows the whole report", () => {
    expect(markdownReport(small)).toMatchInlineSnapshot(`
      "### \`app\`: 12.8 kB (12,846 bytes)

      ELF linux/amd64 · go1.26.8 · symbols and DWARF · cgo · no PIE · trimpath  
      example.com/app/cmd/app v1.4.0 · git 0123456789ab 2026-05-01, modified  
      owners from the symbol table (92.5 % exact or by their only referrer)

      - 15.9 % is embedded files, the largest web/index.html (2.05 kB): see --by embed
      - 7.8 % is DWARF and symbols: -ldflags='-s -w' leaves out these 996 B; stack traces stay readable

      | Kind | Size | Share | What |
      | --- | ---: | ---: | --- |
      | code | 8.32 kB | 64.8 % | machine code of functions |
      | embed | 2.05 kB | 15.9 % | embedded files |
      | pclntab | 920 B | 7.2 % | function and line tables for stack traces |
      | dwarf | 900 B | 7.0 % | debug information (DWARF) |
      | type | 416 B | 3.2 % | run-time type descriptors and their names |
      | symtab | 96 B | 0.7 % | symbol and string tables |
      | header | 64 B | 0.5 % | headers of the file format |
      | string | 50 B | 0.4 % | string constants |
      | padding | 22 B | 0.2 % | alignment |
      | data | 8 B | 0.1 % | initialised variables |
      | unattributed | 4 B | <0.1 % | bytes without a known owner |

      <details><summary>Modules</summary>

      | Module | Size | Share | Memory | code | tables | data | debug | other | Version | Role |
      | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |
      | \`std\` | 5.42 kB | 42.2 % | 4.10 kB | 3.30 kB | 800 B | 424 B | 900 B |  | go1.26.8 | std |
      | \`example.com/app\` | 3.91 kB | 30.4 % | 512 B | 1.69 kB | 120 B | 2.10 kB |  |  | v1.4.0 | main |
      | \`github.com/acme/yaml/v3\` | 3.20 kB | 24.9 % |  | 3.20 kB |  |  |  |  | v3.1.0 | dependency |
      | (overhead) | 186 B | 1.4 % |  |  |  |  | 96 B | 90 B |  |  |
      | \`C\` | 128 B | 1.0 % |  | 128 B |  |  |  |  |  | C |

      </details>

      <details><summary>Packages</summary>

      | Package | Size | Share | Memory | code | tables | data | debug | other |
      | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
      | \`net/http\` | 5.12 kB | 39.9 % | 4.10 kB | 3.00 kB | 800 B | 424 B | 900 B |  |
      | \`main\` | 2.71 kB | 21.1 % | 512 B | 490 B | 120 B | 2.10 kB |  |  |
      | \`github.com/acme/yaml/v3\` | 2.50 kB | 19.5 % |  | 2.50 kB |  |  |  |  |
      | \`example.com/app/store\` | 1.20 kB | 9.3 % |  | 1.20 kB |  |  |  |  |
      | \`github.com/acme/yaml/v3/internal/scan\` | 700 B | 5.4 % |  | 700 B |  |  |  |  |
      | \`vendor/golang.org/x/net/idna\` | 300 B | 2.3 % |  | 300 B |  |  |  |  |
      | \`C\` | 128 B | 1.0 % |  | 128 B |  |  |  |  |

      </details>

      <details><summary>Symbols</summary>

      | Symbol | Size | Share | Memory | Type | Package |
      | --- | ---: | ---: | ---: | --- | --- |
      | \`net/http.(*Server).Serve\` | 3.80 kB | 29.6 % |  | T | \`net/http\` |
      | \`github.com/acme/yaml/v3.Unmarshal\` | 2.50 kB | 19.5 % |  | T | \`github.com/acme/yaml/v3\` |
      | \`web/index.html\` | 2.05 kB | 15.9 % |  | R | \`main\` |
      | \`example.com/app/store.Open\` | 1.20 kB | 9.3 % |  | T | \`example.com/app/store\` |
      | \`github.com/acme/yaml/v3/internal/scan.Next\` | 700 B | 5.4 % |  | T | \`github.com/acme/yaml/v3/internal/scan\` |
      | \`main.main\` | 520 B | 4.0 % |  | T | \`main\` |
      | \`type:net/http.Server\` | 416 B | 3.2 % |  | R | \`net/http\` |
      | \`vendor/golang.org/x/net/idna.ToASCII\` | 300 B | 2.3 % |  | T | \`vendor/golang.org/x/net/idna\` |
      | \`memcpy\` | 128 B | 1.0 % |  | T | \`C\` |
      | \`main.run.func1\` | 90 B | 0.7 % |  | T | \`main\` |
      | \`net/http.DefaultServeMux\` | 8 B | 0.1 % |  | D | \`net/http\` |

      </details>
      "
    `);
  });
});

describe("svg", () => {
  it("draws every package once, inside the picture", () => {
    const svg = svgTreemap(small);
    for (const m of small.modules) for (const p of m.packages) expect(svg).toContain(`<title>${p.path}: `);
    for (const [, x, y, w, h] of svg.matchAll(/<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"/g)) {
      expect(Number(x) + Number(w)).toBeLessThanOrEqual(1200);
      expect(Number(y) + Number(h)).toBeLessThanOrEqual(800);
    }
  });
});
