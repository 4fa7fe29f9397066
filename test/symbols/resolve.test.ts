import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openExecutable } from "../../src/binary/open.ts";
import { printedName } from "../../src/binary/go/symbolize.ts";
import { identify } from "../../src/symbols/identity.ts";
import { mayBeProfile, resolveProfile } from "../../src/symbols/pprof.ts";
import { Resolver, resolveTrace } from "../../src/symbols/resolve.ts";
import { goBuild, type GoSettings } from "../fixture.ts";

const stripped = (settings: GoSettings = {}): string => goBuild({ fixture: "crash", ldflags: "-s -w", ...settings });

function resolverOf(file: string, twin?: string): Resolver {
  const exe = openExecutable(readFileSync(file));
  return new Resolver(exe, identify(exe).program, twin === undefined ? exe : openExecutable(readFileSync(twin)));
}

const idsOf = (file: string): string[] => identify(openExecutable(readFileSync(file))).ids.map(({ hex }) => hex);

/** The innermost and outermost of what is known of each function's start and middle, as addr2line tells it. */
describe("addresses", () => {
  it.each([
    [{ goos: "linux", goarch: "amd64" }],
    [{ goos: "linux", goarch: "arm64", flags: ["-buildmode=pie"] }],
    [{ goos: "linux", goarch: "386" }],
    [{ goos: "darwin", goarch: "arm64" }],
  ] as const)("%o: as go tool addr2line", (settings) => {
    const file = stripped(settings);
    const exe = openExecutable(readFileSync(file));
    const { program } = identify(exe);
    const resolver = resolverOf(file);
    const addresses = Array.from(program!.pcln.entry).flatMap((entry, i) => {
      const length = program!.pcln.end[i] - entry;
      return [entry, entry + (length >> 1), entry + Math.max(0, length - 5)].map((rva) => rva + exe.imageBase);
    });
    const input = addresses.map((address) => `0x${address.toString(16)}\n`).join("");
    const told = execFileSync("go", ["tool", "addr2line", file], { input, encoding: "utf8", maxBuffer: 1 << 28 });
    const lines = told.split("\n");
    let compared = 0;
    for (const [i, address] of addresses.entries()) {
      // marks of the linker have no tables, and addr2line reads those of others for them
      if (/^go:/.test(lines[2 * i])) continue;
      const frames = resolver.frames(address);
      expect(frames.at(-1)?.function).toBe(lines[2 * i]);
      const place = frames[0].line > 0 ? `${frames[0].file}:${frames[0].line}` : "none";
      expect(place).toBe(lines[2 * i + 1].replace(/^.*:-?[01]?$|^:-1$/, (text) => (/:1$/.test(text) ? text : "none")));
      compared++;
    }
    expect(compared).toBeGreaterThan(3000);
  });

  it("as runtime.CallersFrames, inlined calls and all, in a stripped program", () => {
    const file = stripped({ flags: ["-trimpath"] });
    const out = execFileSync(file, ["callers"], { encoding: "utf8" }).trim().split("\n");
    const resolver = resolverOf(file);
    // the runtime gives every inlined call a program counter of its own
    const pcs = out.filter((line) => line.startsWith("pc ")).map((line) => Number(line.slice(3)));
    const told = out.filter((line) => line.startsWith("frame ")).map((line) => line.slice(6));
    expect(told).toHaveLength(pcs.length);
    let inlined = 0;
    for (let i = 0; i < pcs.length;) {
      const frames = resolver.frames(pcs[i]);
      expect(frames.map((frame) => `${printedName(frame.function)} ${frame.file}:${frame.line}`)).toEqual(
        told.slice(i, i + frames.length),
      );
      inlined += frames.length - 1;
      i += frames.length;
    }
    expect(inlined).toBeGreaterThan(1);
    expect(out.some((line) => line.includes("main.inner"))).toBe(true);
    expect(out.some((line) => line.includes("main.generic[...]"))).toBe(true);
  });

  it.each([{ goos: "windows", goarch: "amd64" }, { goos: "js", goarch: "wasm" }, {}] as const)(
    "%o: each function's entry is that function's, and rubbish is nobody's",
    (settings) => {
      const file = stripped(settings);
      const exe = openExecutable(readFileSync(file));
      const { program } = identify(exe);
      const resolver = resolverOf(file);
      const names = new Set<string>();
      for (let f = 0; f < program!.pcln.nfunc; f++) {
        const name = program!.pcln.name(f);
        const entry = resolver.entry(name)!;
        expect(resolver.frames(entry).at(-1)?.function).toBe(name);
        names.add(name);
      }
      fc.assert(
        fc.property(fc.double(), (address) => {
          for (const { function: name } of resolver.frames(address)) expect(name).not.toBe("");
        }),
      );
      for (const address of [0, 1, -1, 2 ** 40, 2 ** 53, Number.NaN]) expect(resolver.frames(address)).toEqual([]);
    },
  );

  it("names C functions by the symbols of the twin", () => {
    const [bare, twin] = ["-s -w", ""].map((ldflags) =>
      goBuild({ fixture: "cgo", env: { CGO_ENABLED: "1" }, ldflags: `${ldflags} -linkmode=external` }),
    );
    const exe = openExecutable(readFileSync(twin));
    const table = exe.symbols();
    const i = Array.from({ length: table.count }, (_, k) => k).find((k) =>
      /^_cgo_.*_Cfunc_weigh$/.test(table.name(k)),
    )!;
    const address = table.rva[i] + exe.imageBase;
    const frame = { function: table.name(i), file: "", line: 0, inlined: false };
    expect(resolverOf(twin).frames(address)).toEqual([frame]);
    expect(resolverOf(bare, twin).frames(address)).toEqual([frame]);
  });
});

/** What the runtime prints when the program goes down. */
function crashOf(file: string, how: string, traceback: string): string {
  const { stderr } = spawnSync(file, [how], { encoding: "utf8", env: { GOTRACEBACK: traceback } });
  return stderr;
}

/** The trace as a program prints it that hides its places: no file, no line, no inlined calls. */
function hidden(trace: string): string {
  const lines = trace.split("\n");
  const out: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    if (/^\S.*\(\.\.\.\)$/.test(lines[i]) && /^\t/.test(lines[i + 1] ?? "")) i++;
    else out.push(lines[i].replace(/^\t.*:\d+ \+0x/, "\t?:0 +0x"));
  }
  return out.join("\n");
}

describe("tracebacks", () => {
  it.each(["panic", "nil"])("a stripped program prints the whole trace of %s by itself", (how) => {
    const [bare, whole] = ["-s -w", ""].map((ldflags) => goBuild({ fixture: "crash", ldflags, flags: ["-trimpath"] }));
    const steady = (trace: string): string => trace.replace(/0x[0-9a-f]+/g, "0x");
    const trace = crashOf(bare, how, "all");
    expect(steady(trace)).toBe(steady(crashOf(whole, how, "all")));
    expect(trace).toMatch(
      how === "nil" ? /main\.follow\(\.\.\.\)\n\t.*main\.go:\d+/ : /main\.refuse\(.*\n\t.*main\.go:\d+ \+0x/,
    );
  });

  it.each([
    ["panic", "all", []],
    ["nil", "all", []],
    ["nil", "system", []],
    ["nil", "all", ["-buildmode=pie"]],
    ["nil", "system", ["-buildmode=pie"]],
  ] as const)("%s, GOTRACEBACK=%s, %o: what was hidden is found again", (how, traceback, flags) => {
    const file = stripped({ flags: [...flags, "-trimpath"] });
    const trace = crashOf(file, how, traceback);
    const resolver = resolverOf(file);
    expect(hidden(trace)).not.toBe(trace);
    expect(resolveTrace(hidden(trace), resolver).text).toBe(trace);
    // and what is there stays
    expect(resolveTrace(trace, resolver).text).toBe(trace);
  });

  it("bare addresses between other lines are resolved, and everything else is passed on", () => {
    const file = stripped();
    const resolver = resolverOf(file);
    const entry = resolver.entry("main.refuse")!;
    const address = `0x${entry.toString(16)}`;
    const lines = ["panic: \u001b[31m", `#1  ${address} in ?? ()`, "main.nobody(0x1)", "\t?:0 +0x10", ""];
    const { text, resolved } = resolveTrace(lines.join("\n"), resolver);
    const [frame] = resolver.frames(entry);
    const added = `\tmain.refuse ${frame.file}:${frame.line}`;
    expect(text.split("\n")).toEqual([lines[0], `#1  ${address}`, added, ...lines.slice(2)]);
    expect(resolved).toHaveLength(1);
  });

  it("never fails on a broken trace", () => {
    const resolver = resolverOf(stripped());
    const trace = crashOf(stripped(), "nil", "system");
    fc.assert(
      fc.property(fc.nat(trace.length), fc.nat(trace.length), (a, b) => {
        resolveTrace(trace.slice(Math.min(a, b), Math.max(a, b)), resolver);
      }),
      { numRuns: 50 },
    );
  });
});

describe("profiles", () => {
  let directory: string;
  let file: string;
  let profile: Buffer;

  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), "pare-pprof-"));
    file = stripped({ flags: ["-buildmode=pie", "-trimpath"] });
    const to = path.join(directory, "cpu.pprof");
    execFileSync(file, ["profile", to, "3000000"]);
    profile = readFileSync(to);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const raw = (bytes: Uint8Array): string => {
    const to = path.join(directory, "shown.pprof");
    execFileSync("tee", [to], { input: bytes, stdio: ["pipe", "ignore", "inherit"] });
    return execFileSync("go", ["tool", "pprof", "-symbolize=none", "-raw", to], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  };
  /** The locations of `go tool pprof -raw`: address → frames. */
  const locations = (text: string): string[] =>
    text
      .slice(text.indexOf("Locations"), text.indexOf("Mappings"))
      .split("\n")
      .map((line) => line.replace(/ s=\d+/g, "").replace(/:(\d+):\d+/g, ":$1"));

  it("of a stripped program have functions by themselves", () => {
    expect(raw(profile)).toContain("main.work");
  });

  it("lose their functions and get the same ones back", async () => {
    const bare = withoutFunctions(gunzipSync(profile));
    expect(raw(gzipSync(bare))).not.toContain("main.work");
    expect(mayBeProfile(bare)).toBe(true);
    const found = await resolveProfile("cpu", bare, resolverOf(file), idsOf(file));
    expect(found.resolved.length).toBe(found.locations);
    expect(locations(raw(found.bytes))).toEqual(locations(raw(profile)));
    // what has functions keeps them, and what lies in another program has none here
    expect((await resolveProfile("cpu", bare, resolverOf(file), ["00"])).resolved).toEqual([]);
    const twice = await resolveProfile("cpu", found.bytes, resolverOf(file), idsOf(file));
    expect(twice.resolved).toEqual([]);
  });

  it("refuses what is no profile, and what is cut off", async () => {
    const resolver = resolverOf(file);
    await expect(resolveProfile("x", Buffer.from("\x1f\x8bnothing", "latin1"), resolver, [])).rejects.toThrow(
      "x: is not a profile",
    );
    const whole = gunzipSync(profile);
    await expect(resolveProfile("x", whole.subarray(0, whole.length - 3), resolver, [])).rejects.toThrow(
      "is not a profile",
    );
  });
});

/** Drops Profile.function (5) and Location.line (4 within 4): an encoder of its own, so that it shares no mistake with the reader. */
function withoutFunctions(bytes: Buffer): Buffer {
  const out: Buffer[] = [];
  for (const [tag, field] of split(bytes)) {
    if (tag >> 3 === 5) continue;
    if (tag >> 3 !== 4) {
      out.push(field);
      continue;
    }
    const inside = field.subarray(1 + sizeOfVarint(field, 1));
    const kept = Buffer.concat(split(inside).flatMap(([inner, part]) => (inner >> 3 === 4 ? [] : [part])));
    expect(kept.length).toBeLessThan(128);
    out.push(Buffer.from([tag, kept.length]), kept);
  }
  return Buffer.concat(out);
}

function sizeOfVarint(bytes: Buffer, at: number): number {
  let size = 1;
  while (bytes[at + size - 1] & 128) size++;
  return size;
}

function split(bytes: Buffer): [number, Buffer][] {
  const out: [number, Buffer][] = [];
  for (let at = 0; at < bytes.length;) {
    const from = at;
    const tag = bytes[at++];
    const size = sizeOfVarint(bytes, at);
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 128 + (bytes[at + i] & 127);
    at += size + (tag % 8 === 2 ? value : 0);
    out.push([tag, bytes.subarray(from, at)]);
  }
  return out;
}
