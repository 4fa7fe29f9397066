// Every format, architecture and version of Go through profile(): the ledger is whole, and agrees with nm and with the linker.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { looksGarbled } from "../../src/binary/go/garble.ts";
import { packageOf } from "../../src/binary/go/symbolname.ts";
import { KIND, KINDS, type Ledger } from "../../src/ledger/ledger.ts";
import { type Profile, profile, type ProfileOptions } from "../../src/ledger/profile.ts";
import { goBuild, type GoSettings, oracleDump } from "../fixture.ts";
import { readTruth, score } from "../oracle/truth.ts";

const open = (path: string, options?: ProfileOptions): Profile => profile(new Uint8Array(readFileSync(path)), options);

function kindsOf(ledger: Ledger): Record<string, number> {
  const out: Record<string, number> = {};
  for (let i = 0; i < ledger.count; i++) {
    const end = i + 1 < ledger.count ? ledger.start[i + 1] : ledger.size;
    const kind = KINDS[ledger.kind[i]];
    out[kind] = (out[kind] ?? 0) + end - ledger.start[i];
  }
  return out;
}

/** Bytes that package `pkg` has of a kind. */
function bytesOf(ledger: Ledger, pkg: string, kind: number): number {
  let bytes = 0;
  for (let i = 0; i < ledger.count; i++) {
    if (ledger.kind[i] !== kind || ledger.packages.get(ledger.pkg[i]) !== pkg) continue;
    bytes += (i + 1 < ledger.count ? ledger.start[i + 1] : ledger.size) - ledger.start[i];
  }
  return bytes;
}

function expectWhole({ ledger, exe }: Profile): void {
  expect(ledger.start[0]).toBe(0);
  expect(ledger.size).toBe(exe.bytes.length);
  for (let i = 1; i < ledger.count; i++) if (ledger.start[i] <= ledger.start[i - 1]) throw new Error(`row ${i}`);
  const kinds = kindsOf(ledger);
  expect(Object.values(kinds).reduce((a, b) => a + b)).toBe(ledger.size);
  expect((kinds.unattributed ?? 0) / ledger.size).toBeLessThanOrEqual(0.001);
}

/** Functions of the ledger by address: name, package, bytes of code, bytes of filler. */
function functionsOf({
  ledger,
  exe,
}: Profile): Map<number, { name: string; pkg: string; code: number; filler: number }> {
  const out = new Map<number, { name: string; pkg: string; code: number; filler: number }>();
  const text = exe.regions.find((r) => r.executable)!;
  let last: { name: string; pkg: string; code: number; filler: number } | undefined;
  for (let i = 0; i < ledger.count; i++) {
    const from = ledger.start[i];
    const bytes = (i + 1 < ledger.count ? ledger.start[i + 1] : ledger.size) - from;
    if (from < text.offset || from >= text.offset + text.bytes.length) continue;
    if (ledger.kind[i] === KIND.code) {
      last = {
        name: ledger.symbols.get(ledger.symbol[i]),
        pkg: ledger.packages.get(ledger.pkg[i]),
        code: bytes,
        filler: 0,
      };
      out.set(from - text.offset + text.rva + exe.imageBase, last);
    } else if (ledger.kind[i] === KIND.padding && last) last.filler += bytes;
  }
  return out;
}

const STRIPPED = "-s -w";

const TARGETS: readonly (readonly [name: string, settings: GoSettings])[] = [
  ["linux/amd64", { goos: "linux", goarch: "amd64" }],
  ["linux/amd64, position-independent", { goos: "linux", goarch: "amd64", flags: ["-buildmode=pie"] }],
  ["linux/386", { goos: "linux", goarch: "386" }],
  ["linux/arm64", { goos: "linux", goarch: "arm64" }],
  ["linux/arm", { goos: "linux", goarch: "arm" }],
  ["linux/riscv64", { goos: "linux", goarch: "riscv64" }],
  ["linux/loong64", { goos: "linux", goarch: "loong64" }],
  ["linux/ppc64le", { goos: "linux", goarch: "ppc64le" }],
  ["linux/s390x", { goos: "linux", goarch: "s390x" }],
  ["linux/mips", { goos: "linux", goarch: "mips" }],
  ["linux/mips64le", { goos: "linux", goarch: "mips64le" }],
  ["windows/amd64", { goos: "windows", goarch: "amd64" }],
  ["windows/386", { goos: "windows", goarch: "386" }],
  ["windows/arm64", { goos: "windows", goarch: "arm64" }],
  ["darwin/amd64", { goos: "darwin", goarch: "amd64" }],
  ["darwin/arm64", { goos: "darwin", goarch: "arm64" }],
  ["js/wasm", { goos: "js", goarch: "wasm" }],
  ["wasip1/wasm", { goos: "wasip1", goarch: "wasm" }],
];

describe("targets", () => {
  it.each(TARGETS)("%s, stripped: every byte has an owner", (_, settings) => {
    const p = open(goBuild({ fixture: "hello", ...settings, ldflags: STRIPPED }));
    expectWhole(p);
    expect(p).toMatchObject({ language: "go", garbled: false, testimony: "references", warnings: [] });
    expect(bytesOf(p.ledger, "main", KIND.code)).toBeGreaterThan(0);
    expect(bytesOf(p.ledger, "runtime", KIND.type)).toBeGreaterThan(0);
    expect(bytesOf(p.ledger, "fmt", KIND.string)).toBeGreaterThan(0);
    expect(kindsOf(p.ledger).itab).toBeGreaterThan(0);
  });

  it.each(TARGETS.filter(([name]) => !name.includes("wasm")))(
    "%s: functions are those of go tool nm",
    (_, settings) => {
      const path = goBuild({ fixture: "hello", ...settings });
      const p = open(path);
      expectWhole(p);
      expect(p.stripped).toBe(false);
      const functions = functionsOf(p);
      const wrong: string[] = [];
      let compared = 0;
      for (const line of execFileSync("go", ["tool", "nm", "-size", path], { encoding: "utf8" }).split("\n")) {
        const [, address, size, name] = /^\s*([0-9a-f]+)\s+(\d+) [Tt] _?(.*)$/.exec(line) ?? [];
        const plain = name?.replace(/\.abi(?:0|internal)$/, "");
        if (!plain || /^(?:$|_+x86$)/.test(packageOf(plain)) || Number(size) === 0 || /^runtime\.e?text$/.test(plain))
          continue;
        const found = functions.get(parseInt(address, 16));
        compared++;
        // a symbol may end in filler of its own; Mach-O and PE store no sizes: theirs reach to the next symbol
        const fits =
          found && found.code <= Number(size) && (Number(size) <= found.code + found.filler || p.exe.format !== "elf");
        if (!fits || dots(found.name) !== dots(plain)) wrong.push(`${line} | ${JSON.stringify(found)}`);
        else if (found.pkg !== packageOf(plain) && !LINKNAMED.test(plain)) wrong.push(`${plain}: ${found.pkg}`);
      }
      expect(wrong).toEqual([]);
      expect(compared).toBeGreaterThan(1000);
    },
  );
});

/** Functions that live in another package than their names say: pushed by go:linkname, or assembly of internal/runtime and syscall. */
const LINKNAMED =
  /^(?:sync|os|syscall|time|reflect|maps|internal\/|runtime\/|strings|bytes|crypto\/|runtime\.|iter|unique|weak|slices|errors|fmt)/;

const dots = (name: string): string => name.replaceAll("·", ".");

describe("the linker's account", () => {
  it.each([
    ["windows", { goos: "windows", goarch: "amd64" }],
    ["darwin", { goos: "darwin", goarch: "arm64" }],
    ["wasm", { goos: "js", goarch: "wasm" }],
    ["position-independent", { goos: "linux", goarch: "amd64", flags: ["-buildmode=pie"] }],
    ["386", { goos: "linux", goarch: "386" }],
  ] as const)("%s: owners are right where the linker can tell", async (_, settings) => {
    const { executable, dump } = oracleDump({ fixture: "server", ...settings, ldflags: STRIPPED });
    const p = open(executable);
    expectWhole(p);
    const result = score(p.ledger, p.exe, await readTruth(dump));
    expect(result.tracked / p.ledger.size).toBeGreaterThan(0.6);
    expect(result.lenient / result.tracked).toBeGreaterThanOrEqual(0.985);
  });
});

describe("beside Go", () => {
  it("C has what the external linker put around Go's code, also in a stripped program", () => {
    const p = open(goBuild({ fixture: "cgo", ldflags: STRIPPED, env: { CGO_ENABLED: "1" } }));
    expectWhole(p);
    expect(p.stripped).toBe(true);
    expect(bytesOf(p.ledger, "C", KIND.code)).toBeGreaterThan(100);
    expect(bytesOf(p.ledger, "C", KIND.code)).toBeLessThan(20_000);
  });

  it("Mach-O symbols without sizes do not swallow what stands behind them", async () => {
    const { executable, dump } = oracleDump({ fixture: "server", goos: "darwin", goarch: "arm64" });
    const p = open(executable);
    expectWhole(p);
    expect(p.testimony).toBe("symbols");
    const result = score(p.ledger, p.exe, await readTruth(dump));
    expect(result.lenient / result.tracked).toBeGreaterThanOrEqual(0.995);
  });

  it("hashed import paths are told from chosen ones", () => {
    expect(looksGarbled(new Set(["runtime", "COfdPM517z", "DWtm_a2", "vYm4Dr", "main", "sync"]))).toBe(true);
    expect(looksGarbled(new Set(["runtime", "main", "github.com/Masterminds/semver", "MyApp", "net/http"]))).toBe(
      false,
    );
    expect(open(goBuild({ fixture: "hello", ldflags: STRIPPED })).garbled).toBe(false);
  });
});

describe("versions", () => {
  it.each(["go1.16.15", "go1.18.10", "go1.22.12", "go1.24.12"])("%s: data has owners too", (toolchain) => {
    const p = open(goBuild({ fixture: "hello", toolchain, ldflags: STRIPPED }));
    expectWhole(p);
    expect(p).toMatchObject({ language: "go", goVersion: toolchain, warnings: [] });
    expect(bytesOf(p.ledger, "main", KIND.code)).toBeGreaterThan(0);
    expect(bytesOf(p.ledger, "reflect", KIND.type)).toBeGreaterThan(0);
    expect(bytesOf(p.ledger, "fmt", KIND.string)).toBeGreaterThan(0);
    expect(bytesOf(p.ledger, "runtime", KIND.data)).toBeGreaterThan(0);
    expect(bytesOf(p.ledger, "fmt", KIND.funcdata)).toBeGreaterThan(0);
  });

  it("before function data became offsets: that of big-endian programs has owners, too", () => {
    const shareOf = (goarch: string): number => {
      const p = open(goBuild({ fixture: "hello", goos: "linux", goarch, toolchain: "go1.16.15" }));
      return bytesOf(p.ledger, "fmt", KIND.funcdata) / bytesOf(p.ledger, "fmt", KIND.code);
    };
    expect(shareOf("s390x")).toBeGreaterThan(0);
    expect(shareOf("ppc64") / shareOf("ppc64le")).toBeCloseTo(1, 1);
  });

  it("before Go 1.16: functions have owners, data is listed by section", () => {
    const p = open(goBuild({ fixture: "hello", toolchain: "go1.15.15", ldflags: STRIPPED }));
    expectWhole(p);
    expect(p.warnings).toEqual([expect.stringContaining("before Go 1.16")]);
    expect(bytesOf(p.ledger, "fmt", KIND.code)).toBeGreaterThan(10_000);
    expect(bytesOf(p.ledger, "fmt", KIND.pclntab)).toBeGreaterThan(5_000);
  });

  const patched = (from: string, to: string): Profile => {
    const file = readFileSync(goBuild({ fixture: "hello", goos: "linux", goarch: "amd64", ldflags: STRIPPED }));
    const at = file.indexOf(Buffer.from(from, "latin1"));
    expect(at).toBeGreaterThan(0);
    file.write(to, at, "latin1");
    return profile(new Uint8Array(file));
  };

  it("a function table of an unknown version is found by its structure", () => {
    const p = patched("\xf1\xff\xff\xff\0\0\x01\x08", "\x12\x34\x56\x78\0\0\x01\x08");
    expectWhole(p);
    expect(p.warnings).toEqual([expect.stringContaining("unknown version")]);
    expect(bytesOf(p.ledger, "fmt", KIND.string)).toBeGreaterThan(0);
  });

  it("a newer Go is read as the newest that is known, with a warning", () => {
    const p = patched("\x08go1.26", "\x08go1.97");
    expectWhole(p);
    expect(p.warnings).toEqual([expect.stringContaining("newer than")]);
    expect(bytesOf(p.ledger, "fmt", KIND.type)).toBeGreaterThan(0);
  });

  it("wiped module data leaves functions with their owners", () => {
    const file = readFileSync(goBuild({ fixture: "hello", goos: "linux", goarch: "amd64", ldflags: STRIPPED }));
    const whole = profile(new Uint8Array(file));
    const section = whole.exe.sections.find((s) => s.name === ".go.module")!;
    file.fill(0, section.offset, section.offset + section.size);
    const p = profile(new Uint8Array(file));
    expectWhole(p);
    expect(p.warnings).toEqual([expect.stringContaining("no module data")]);
    expect(bytesOf(p.ledger, "fmt", KIND.code)).toBe(bytesOf(whole.ledger, "fmt", KIND.code));
  });
});

describe("inlined code", () => {
  it("is counted once by owner and once by origin", () => {
    const p = open(goBuild({ fixture: "hello", goos: "linux", goarch: "amd64", ldflags: STRIPPED }), { inlined: true });
    const rows = p.inlined!;
    for (const owner of ["runtime", "fmt", "main"]) {
      const own = rows.filter((r) => r.owner === owner).reduce((n, r) => n + r.bytes, 0);
      expect(own).toBe(bytesOf(p.ledger, owner, KIND.code));
    }
    // fmt calls small functions of unicode/utf8, whose bodies stand in it
    expect(rows.find((r) => r.owner === "fmt" && r.origin === "unicode/utf8")?.bytes).toBeGreaterThan(0);
    expect(open(goBuild({ fixture: "hello", goos: "linux", goarch: "amd64", ldflags: STRIPPED })).inlined).toBe(
      undefined,
    );
  });
});
