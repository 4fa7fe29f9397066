// pare audit on a real program: facts from its link, --fix that writes, and nothing to mend the second time.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Audit } from "../../src/advice/audit/document.ts";

const MAIN = path.join(import.meta.dirname, "../../src/cli/main.ts");
const DOCKERFILE =
  '# the server\nFROM golang:1.26\nWORKDIR /src\nCOPY . .\nRUN go build -o /app . # not yet small\nCMD ["/app"]\n';

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), "pare-audit-"));
  cpSync(path.join(import.meta.dirname, "../fixtures/server"), directory, { recursive: true });
  writeFileSync(path.join(directory, "go.sum"), "");
  writeFileSync(path.join(directory, "Dockerfile"), DOCKERFILE);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const pare = (...words: string[]): ReturnType<typeof pareIn> => pareIn(directory, words);

function pareIn(
  cwd: string,
  words: readonly string[],
  more: Readonly<Record<string, string>> = {},
): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, GOFLAGS: "", GOENV: "off", GOWORK: "off", CGO_ENABLED: "1", NO_COLOR: "1", ...more };
  return spawnSync(process.execPath, [MAIN, "audit", ...words], { cwd, env, encoding: "utf8" });
}

describe("pare audit", () => {
  it("prices flags with the program's own bytes", () => {
    const { stdout, status } = pare("--json", "-q");
    const { program, findings } = JSON.parse(stdout) as Audit;
    expect(status).toBe(1);
    const stripped = findings.find((finding) => finding.code === "B001");
    expect(stripped).toMatchObject({ file: "Dockerfile", line: 5, cost: { basis: "measured" } });
    expect(stripped?.cost?.bytes).toBeGreaterThan(0.1 * (program?.bytes ?? Number.POSITIVE_INFINITY));
    // net is linked, and nothing needs C
    expect(findings.map((finding) => finding.code)).toContain("B003");
  });

  it("mends once", () => {
    const first = pare("--fix", "--no-build", "--fail-on", "error");
    expect(first).toMatchObject({ status: 0, stderr: expect.stringContaining("in 1 file") as string });
    const mended = readFileSync(path.join(directory, "Dockerfile"), "utf8");
    expect(mended).toBe(
      DOCKERFILE.replace("COPY . .", "COPY go.mod go.sum ./\nRUN go mod download\nCOPY . .").replace(
        "go build",
        'go build -ldflags="-s -w" -trimpath',
      ),
    );
    const second = pare("--fix", "--no-build", "--fail-on", "never");
    expect(second.stderr).toContain("there is nothing to mend");
    expect(readFileSync(path.join(directory, "Dockerfile"), "utf8")).toBe(mended);
  });

  it("looks at files alone where the program does not build", () => {
    writeFileSync(path.join(directory, "broken.go"), "package main\n\nfunc broken( {\n");
    const { stderr, stdout } = pare("--fail-on", "never");
    expect(stderr).toContain("only files were looked at");
    expect(stdout).toContain("D004 heavy-base");
    rmSync(path.join(directory, "broken.go"));
  });

  it("builds without a cache and with one to say what a missing cache costs, and remembers it", () => {
    const small = path.join(directory, "small");
    cpSync(path.join(import.meta.dirname, "../fixtures/tiny"), small, { recursive: true });
    writeFileSync(path.join(small, ".gitlab-ci.yml"), "build:\n  image: golang:1.26\n  script: [go build .]\n");
    const state = { XDG_STATE_HOME: path.join(small, "state") };
    const uncached = (...words: string[]): Audit["findings"][number] | undefined => {
      const { stdout } = pareIn(small, ["--json", "-q", "--only", "C001", ...words], state);
      return (JSON.parse(stdout) as Audit).findings[0];
    };
    expect(uncached()).not.toHaveProperty("time");
    const measured = uncached("--measure");
    expect(measured).toMatchObject({ code: "C001", file: ".gitlab-ci.yml", time: { basis: "measured" } });
    expect(measured?.time?.seconds).toBeGreaterThan(0);
    expect(uncached()?.time?.seconds).toBe(measured?.time?.seconds);
  });

  it("keeps quiet about what a comment says is meant", () => {
    const file = path.join(directory, "Dockerfile");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, `# pare:ignore D004, root-user\n${text}`);
    const { stdout } = pare("--no-build", "--only", "D004,D005,D003", "--fail-on", "never");
    expect(stdout).not.toMatch(/D004|D005/);
    expect(stdout).toContain("D003");
  });
});
