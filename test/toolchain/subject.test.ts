// What can be named as a subject, and what is said of everything else.
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { profile } from "../../src/ledger/profile.ts";
import { inflate } from "../../src/toolchain/inflate.ts";
import { openSubject } from "../../src/toolchain/subject.ts";
import { unpackUpx } from "../../src/toolchain/upx.ts";
import { goBuild } from "../fixture.ts";

const guard = () => () => {};
const work = mkdtempSync(path.join(tmpdir(), "pare-test-"));
const open = (argument: string) =>
  openSubject(argument, { cwd: work, goFlags: [], env: { GOFLAGS: "", CGO_ENABLED: "0" }, guard });
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe("executables", () => {
  const plain = readFileSync(goBuild({ fixture: "hello" }));
  beforeAll(() => {
    writeFileSync(path.join(work, "plain"), plain);
    writeFileSync(path.join(work, "plain.gz"), gzipSync(plain));
    writeFileSync(path.join(work, "plain.zst"), zstdCompressSync(plain));
    execFileSync("xz", ["--keep", "--quiet", path.join(work, "plain")]);
  });

  it.each(["plain", "plain.gz", "plain.zst", "plain.xz"])("reads %s through", async (name) => {
    const { bytes } = await open(name);
    expect(plain.equals(bytes)).toBe(true);
  });

  it("unpacks what UPX packed, byte for byte", async () => {
    const stripped = goBuild({ fixture: "hello", ldflags: "-s -w" });
    const packed = path.join(work, "packed");
    execFileSync("upx", ["-q", "-1", "-o", packed, stripped], { stdio: "ignore" });
    const bytes = readFileSync(packed);
    expect(profile(bytes).exe.packed).toBe("UPX");
    const unpacked = await unpackUpx("packed", bytes, guard);
    expect(readFileSync(stripped).equals(unpacked)).toBe(true);
  });

  it("says both ways out where upx is not installed", async () => {
    const { PATH } = process.env;
    process.env.PATH = work;
    try {
      await expect(unpackUpx("app", plain, guard)).rejects.toThrow(/install upx .* upx -d -o plain app/);
    } finally {
      process.env.PATH = PATH;
    }
  });
});

describe("refused with one line", () => {
  beforeAll(() => {
    mkdirSync(path.join(work, "empty"));
    const header = Buffer.concat([Buffer.from("\x7fELF"), Buffer.alloc(300 << 20)]);
    writeFileSync(path.join(work, "bomb.gz"), gzipSync(header));
    writeFileSync(path.join(work, "bomb.zst"), zstdCompressSync(header));
    writeFileSync(path.join(work, "bomb"), header);
    execFileSync("xz", ["-0", path.join(work, "bomb")]);
    writeFileSync(path.join(work, "damaged.gz"), gzipSync(header.subarray(0, 5000)).subarray(0, 20));
    writeFileSync(path.join(work, "zeros.gz"), gzipSync(Buffer.alloc(300 << 20)));
    execFileSync("tar", ["-czf", path.join(work, "archive.tar.gz"), "-C", work, "damaged.gz"]);
    writeFileSync(path.join(work, "twice.gz"), gzipSync(gzipSync("text")));
    writeFileSync(
      path.join(work, "damaged.xz"),
      Buffer.concat([Buffer.from("\xfd7zXZ\0", "latin1"), Buffer.alloc(100)]),
    );
    execFileSync("mkfifo", [path.join(work, "fifo")]);
    mkdirSync(path.join(work, "library"));
    writeFileSync(path.join(work, "library/go.mod"), "module example.com/library\n\ngo 1.20\n");
    writeFileSync(path.join(work, "library/library.go"), "package library\n");
    mkdirSync(path.join(work, "broken"));
    writeFileSync(path.join(work, "broken/go.mod"), "module example.com/broken\n\ngo 1.20\n");
    writeFileSync(path.join(work, "broken/main.go"), "package main\n\nfunc main() { undefined() }\n");
  });

  it.each([
    ["./missing", "unreadable", /^\.\/missing: no such file$/],
    ["fifo", "unreadable", /^fifo: is not a regular file/],
    ["bomb.gz", "unreadable", /^bomb\.gz: grows to more than 13\d MB; if that is right, unpack it first$/],
    ["bomb.zst", "unreadable", /^bomb\.zst: grows to more than 13\d MB/],
    ["bomb.xz", "unreadable", /^bomb\.xz: grows to more than 13\d MB/],
    ["zeros.gz", "unreadable", /^zeros\.gz: the gzip file holds zeros, not an executable$/],
    ["archive.tar.gz", "unreadable", /^archive\.tar\.gz: the gzip file holds a tar archive, not an executable$/],
    ["twice.gz", "unreadable", /^twice\.gz: the gzip file holds a gzip file, not an executable$/],
    ["damaged.gz", "unreadable", /^damaged\.gz: its compressed data is damaged$/],
    ["damaged.xz", "unreadable", /^damaged\.xz: its compressed data is damaged$/],
    ["empty", "no-package", /^there is no Go package \.\/empty: /],
    ["library", "not-main", /^example\.com\/library is not a program: its package is library, not main$/],
    ["broken", "build-failed", /^go build example\.com\/broken failed:\n[^]*undefined: undefined/],
  ])("%s", async (argument, code, message) => {
    await expect(open(argument)).rejects.toMatchObject({
      name: "ToolFailure",
      code,
      message: expect.stringMatching(message) as string,
    });
  });

  it.each([
    ["-o", "x"],
    ["-C=x", ""],
    ["-n", ""],
  ])("the flag %s", async (...flags) => {
    const asked = openSubject("library", { cwd: work, goFlags: flags.filter(Boolean), guard });
    await expect(asked).rejects.toMatchObject({ code: "flags" });
  });

  it("a file that may not be read", async () => {
    const secret = path.join(work, "secret");
    writeFileSync(secret, "x");
    chmodSync(secret, 0);
    const isRoot = process.getuid!() === 0;
    chmodSync(work, 0o755);
    if (isRoot) process.seteuid!(65_534);
    try {
      await expect(open("secret")).rejects.toThrow("secret: permission denied");
    } finally {
      if (isRoot) process.seteuid!(0);
    }
  });

  it("a machine without Go", async () => {
    const { PATH } = process.env;
    process.env.PATH = work;
    try {
      await expect(open("library")).rejects.toMatchObject({ code: "go-missing" });
    } finally {
      process.env.PATH = PATH;
    }
  });
});

describe("a build", () => {
  const hello = path.join(import.meta.dirname, "../fixtures/hello");
  const env = { GOFLAGS: "", CGO_ENABLED: "0" };

  it("says each step as it begins", async () => {
    const steps: string[] = [];
    const onStep = (step: { reason: string }): void => void steps.push(step.reason);
    await openSubject(".", { cwd: hello, goFlags: [], env, guard, onStep });
    expect(steps).toEqual(["probe", "build"]);
  });

  it("keeps a -toolexec of the user's own, from flags or GOFLAGS", async () => {
    const log = path.join(work, "toolexec.log");
    const own = path.join(work, "toolexec");
    writeFileSync(own, `#!/bin/sh\necho "$1" >>"${log}"\nexec "$@"\n`, { mode: 0o755 });
    for (const more of [{ goFlags: [`-toolexec=${own}`] }, { env: { ...env, GOFLAGS: `-toolexec=${own}` } }]) {
      rmSync(log, { force: true });
      const { testimony, warnings } = await openSubject(".", { cwd: hello, goFlags: [], env, guard, ...more });
      expect(testimony).toBeUndefined();
      expect(warnings).toEqual([expect.stringContaining("-toolexec of its own")]);
      expect(readFileSync(log, "utf8")).toMatch(/link$/m);
    }
  });
});

it("leaves nothing behind when it is interrupted in the middle of a build", async () => {
  const scratch = path.join(work, "scratch");
  mkdirSync(scratch);
  // a compiler that never ends and writes all the time, so that the signal always comes in the middle of it
  const tools = path.join(work, "tools");
  mkdirSync(tools);
  const go = execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim();
  writeFileSync(
    path.join(tools, "go"),
    `#!/bin/sh
[ "$1" = build ] || exec "${go}/bin/go" "$@"
set -eu
mkdir "$GOTMPDIR/go-build"
echo x >"$TMPDIR/started"
i=0
while :; do i=$((i + 1)); echo x >"$GOTMPDIR/go-build/$i"; done
`,
    { mode: 0o755 },
  );
  const child = spawn(path.join(import.meta.dirname, "../../bin/pare"), ["profile", "."], {
    cwd: path.join(import.meta.dirname, "../fixtures/hello"),
    env: { ...process.env, PATH: `${tools}:${process.env.PATH}`, TMPDIR: scratch, NODE_DISABLE_COMPILE_CACHE: "1" },
    stdio: "ignore",
  });
  const code = new Promise<number | null>((resolve) => child.on("exit", resolve));
  while (!readdirSync(scratch).includes("started")) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGINT");
  expect(await code).toBe(130);
  expect(readdirSync(scratch)).toEqual(["started"]);
});

it("bounds what a compressed section may grow to", () => {
  const bomb = gzipSync(Buffer.alloc(1 << 20)).subarray(10);
  expect(() => inflate(bomb, 100, "zlib")).toThrow();
});
