// Real executables, judged by `go version -m`.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type BuildInfo, parseModinfo, readBuildInfo } from "../../../src/binary/go/buildinfo.ts";
import { openExecutable } from "../../../src/binary/open.ts";
import { goBuild, goToolchain } from "../../fixture.ts";

/** What the go command reads: its first line names the version, the others are the text that parseModinfo reads, behind a tab. */
function oracle(file: string): Pick<BuildInfo, "goVersion"> & ReturnType<typeof parseModinfo> {
  const [first, ...lines] = execFileSync(goToolchain().go, ["version", "-m", file], { encoding: "utf8" }).split("\n");
  const goVersion = first.slice(first.lastIndexOf(": ") + 2);
  return { goVersion, ...parseModinfo(lines.map((line) => line.slice(1)).join("\n")) };
}

const targets = [
  { goos: "linux", goarch: "amd64" },
  { goos: "linux", goarch: "s390x" },
  { goos: "windows", goarch: "amd64" },
  { goos: "darwin", goarch: "arm64" },
  { goos: "linux", goarch: "amd64", toolchain: "go1.16.15" },
  { goos: "linux", goarch: "386", toolchain: "go1.16.15" },
] as const;

describe("readBuildInfo on what Go links", () => {
  it.each(targets)("$goos/$goarch $toolchain", (target) => {
    const file = goBuild({ fixture: "hello", ...target, ldflags: "-s -w" });
    const exe = openExecutable(readFileSync(file));
    const { rva, length, ...info } = readBuildInfo(exe)!;
    expect(info).toEqual(oracle(file));
    expect(info.path).not.toBe("");
    const section = exe.sections.find((s) => /^\.go\.buildinfo$|^__go_buildinfo$/.test(s.name));
    if (section) expect({ rva, length }).toEqual({ rva: section.rva, length: section.size });
    // the same without sections to look at
    expect(readBuildInfo(Object.assign(Object.create(exe) as typeof exe, { sections: [] }))).toEqual({
      rva,
      length,
      ...info,
    });
  });

  it("reads wasm, which the go command cannot", () => {
    const wasm = goBuild({ fixture: "hello", goos: "wasip1", goarch: "wasm" });
    const elf = goBuild({ fixture: "hello", goos: "linux", goarch: "amd64" });
    const there = readBuildInfo(openExecutable(readFileSync(wasm)))!;
    const here = readBuildInfo(openExecutable(readFileSync(elf)))!;
    expect([there.goVersion, there.path, there.main]).toEqual([here.goVersion, here.path, here.main]);
    expect(there.settings).toContainEqual({ key: "GOARCH", value: "wasm" });
  });
});
