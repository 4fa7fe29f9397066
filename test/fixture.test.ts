import { execFile, execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { goBuild, goInstall, goToolchain, oracleDump } from "./fixture.ts";

const ask = promisify(execFile);

describe("fixtures", () => {
  test("a program is built once and runs", () => {
    const path = goBuild({ fixture: "features" });
    expect(goBuild({ fixture: "features" })).toBe(path);
    expect(goBuild({ fixture: "features", ldflags: "-s" })).not.toBe(path);
    expect(execFileSync(path, { encoding: "utf8" })).toContain("lent 3 lent!\n2 1759 3000\nsquare");
  });

  test("workers that ask at the same time get the same whole file", async () => {
    // a flag nobody else uses, new on every run, so that all three find nothing
    const options = { fixture: "hello", ldflags: `-X main.greeting=worker${String(process.pid)}` };
    const code = `import { goBuild } from "./test/fixture.ts"; process.stdout.write(goBuild(${JSON.stringify(options)}));`;
    const words = ["--input-type=module", "-e", code];
    const answers = await Promise.all([1, 2, 3].map(() => ask(process.execPath, words)));
    const paths = new Set(answers.map((answer) => answer.stdout));
    expect(paths.size).toBe(1);
    const [path] = paths;
    expect(execFileSync(path ?? "", { encoding: "utf8" })).toBe(`worker${String(process.pid)} world\n`);
    rmSync(dirname(path ?? ""), { recursive: true });
  });

  test("an old toolchain builds what it built then", () => {
    const path = goBuild({ fixture: "hello", toolchain: "go1.16.15" });
    expect(execFileSync("go", ["version", path], { encoding: "utf8" })).toContain(": go1.16.15");
    expect(goToolchain("go1.16.15").version).toBe("go1.16.15");
  });

  test("a third-party subject needs a pinned version", () => {
    expect(() => goInstall({ module: "example.com/tool@latest" })).toThrow("pinned");
  });
});

describe("the oracle", () => {
  test("testifies about a program that it does not change", () => {
    const { executable, dump } = oracleDump({ fixture: "hello" });
    expect(readFileSync(executable).equals(readFileSync(goBuild({ fixture: "hello" })))).toBe(true);
    expect(readFileSync(dump, "utf8")).toMatch(/^S\t\d+\tSTEXT.*\tmain\.main$/m);
  });
});
