// --fix: only what is safe, comments and formatting kept, and nothing left to do the second time.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyEdits, mend } from "../../../src/advice/audit/mend.ts";
import { projectOf, RULES } from "./project.ts";

const BEFORE = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../fixtures/audit/before");

function mended(files: Readonly<Record<string, string>>): Record<string, string> {
  const { changes } = mend(projectOf(files), RULES);
  return Object.fromEntries(changes.map(({ path: name, after }) => [name, after]));
}

/** The one file, mended; itself if nothing changes. */
function one(name: string, text: string, others: Readonly<Record<string, string>> = {}): string {
  return mended({ [name]: text, ...others })[name] ?? text;
}

const MODULE = { "go.mod": "module example.com/app\n\ngo 1.26\n", "go.sum": "" };

describe("mend", () => {
  it("adds flags behind the verb, with quotes that fit", () => {
    expect(one("build.sh", "CGO_ENABLED=0 go build -o app . # keep\n")).toBe(
      'CGO_ENABLED=0 go build -ldflags="-s -w" -trimpath -o app . # keep\n',
    );
    expect(one("build.sh", "CGO_ENABLED=0 go build -trimpath -ldflags '-X main.v=1' -o app .\n")).toBe(
      "CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.v=1' -o app .\n",
    );
    expect(one("Makefile", 'all:\n\tCGO_ENABLED=0 go build -trimpath -ldflags "-X main.v=$(V)" -o app .\n')).toBe(
      'all:\n\tCGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.v=$(V)" -o app .\n',
    );
    const step = (run: string): string =>
      `on: workflow_dispatch\njobs: { a: { runs-on: self-hosted, steps: [{ run: ${run} }, { run: make publish }] } }\n`;
    const name = ".github/workflows/a.yml";
    expect(one(name, step('"CGO_ENABLED=0 go build -o app ."'))).toContain(
      `"CGO_ENABLED=0 go build -ldflags='-s -w' -trimpath -o app ."`,
    );
  });

  it("leaves alone what it cannot edit for sure", () => {
    for (const text of [
      'sh -c "CGO_ENABLED=0 go build -o app ."\n',
      "CGO_ENABLED=0 go build -trimpath -ldflags=$X$Y-Xa=b -o app .\n",
    ])
      expect(one("build.sh", text)).toBe(text);
    const exec = 'FROM golang\nENV CGO_ENABLED=0\nRUN ["go", "build", "-o", "/app"]\n';
    expect(one("Dockerfile", exec)).toBe(exec);
  });

  it("moves the download in front of the source", () => {
    const before =
      "FROM golang AS b\nWORKDIR /src\n# all\nCOPY . .\nRUN go mod download\nRUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /app .\n";
    expect(one("Dockerfile", before, MODULE)).toBe(
      "FROM golang AS b\nWORKDIR /src\n# all\nCOPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\nRUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /app .\n",
    );
    // the download needs directories, or nobody knows what
    const replaced = { ...MODULE, "go.mod": `${MODULE["go.mod"]}replace example.com/x => ../x\n` };
    for (const others of [replaced, { ...MODULE, "go.work": "" }, { "go.mod": MODULE["go.mod"] }])
      expect(one("Dockerfile", before, others)).toBe(before);
  });

  it("writes ENV once in front of a RUN", () => {
    const text =
      "FROM golang\nRUN go build -trimpath -ldflags=-s -o a ./a && \\\n    go build -trimpath -ldflags=-s -o b ./b\n";
    expect(one("Dockerfile", text)).toBe(text.replace("RUN", "ENV CGO_ENABLED=0\nRUN"));
  });

  it("keeps lists and comments of YAML", () => {
    const text =
      "builds:\n  # the program\n  - id: app # its name\n    env: [CGO_ENABLED=0]\n    ldflags:\n      # version\n      - -X main.v=1\n";
    expect(one(".goreleaser.yaml", text)).toMatchInlineSnapshot(`
      "builds:
        # the program
        - id: app # its name
          flags: [-trimpath]
          mod_timestamp: "{{ .CommitTimestamp }}"
          env: [CGO_ENABLED=0]
          ldflags:
            # version
            - -s -w
            - -X main.v=1
      "
    `);
  });

  it("keeps line ends and byte order marks", () => {
    expect(one("Dockerfile", "\ufeffFROM golang\r\nRUN go build \\\r\n  -o /app .\r\n")).toBe(
      '\ufeffFROM golang\r\nENV CGO_ENABLED=0\r\nRUN go build -ldflags="-s -w" -trimpath \\\r\n  -o /app .\r\n',
    );
  });

  it("has nothing left to do the second time", () => {
    const files: Record<string, string> = {};
    for (const entry of readdirSync(BEFORE, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) {
        const file = path.join(entry.parentPath, entry.name);
        files[path.relative(BEFORE, file)] = readFileSync(file, "utf8");
      }
    const first = mend(projectOf(files), RULES);
    expect(first.changes.map((each) => each.path)).toMatchInlineSnapshot(`
      [
        ".goreleaser.yaml",
        "Dockerfile",
        "Makefile",
        "slim.Dockerfile",
        ".github/workflows/ci.yml",
      ]
    `);
    expect(first.findings.filter((finding) => finding.fix)).toEqual([]);
    const again = { ...files, ...Object.fromEntries(first.changes.map((each) => [each.path, each.after])) };
    expect(mend(projectOf(again), RULES).changes).toEqual([]);
  });
});

describe("applyEdits", () => {
  it("keeps every character that no edit covers", () => {
    const edit = fc.record({ start: fc.nat(20), length: fc.nat(5), text: fc.string({ maxLength: 3 }) });
    fc.assert(
      fc.property(fc.string({ minLength: 26, maxLength: 30 }), fc.array(edit, { maxLength: 6 }), (text, list) => {
        const edits = list.map(({ start, length, text: put }) => ({ start, end: start + length, text: put }));
        const covered = edits.some(({ end, start }) => end > start);
        const out = applyEdits(text, edits);
        expect(out.endsWith(text.slice(25))).toBe(true);
        if (!covered && edits.every((each) => each.text === "")) expect(out).toBe(text);
      }),
    );
  });

  it("takes the first of those that overlap", () => {
    const edits = [
      { start: 1, end: 3, text: "x" },
      { start: 2, end: 4, text: "y" },
      { start: 5, end: 5, text: "z" },
      { start: 5, end: 5, text: "z" },
    ];
    expect(applyEdits("abcdef", edits)).toBe("axdezf");
  });
});
