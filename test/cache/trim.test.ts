import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GoDirectory } from "../../src/cache/godirectory.ts";
import { inventory, trim } from "../../src/cache/inventory.ts";
import { cacheKeys } from "../../src/cache/key.ts";
import { mentioned, moduleVersions, removeVersion, unmentioned } from "../../src/cache/modules.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "pare-trim-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const HOUR = 3_600_000;
const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

function aged(file: string, hours: number): void {
  const time = new Date(Date.now() - hours * HOUR);
  utimesSync(file, time, time);
}

/** An action and its output, last used so many hours ago. */
function add(name: string, hours: number, size = 100): { action: string; output: string } {
  const bytes = Buffer.alloc(size, `!<arch>\n${name}`);
  const { path: output } = new GoDirectory(directory).put(
    hash(name),
    createHash("sha256").update(bytes).digest("hex"),
    bytes,
  );
  const action = path.join(directory, hash(name).slice(0, 2), `${hash(name)}-a`);
  for (const file of [action, output]) aged(file, hours);
  return { action, output };
}

describe("the build cache", () => {
  it("goes by last use, with an hour's grace, and orphans always", () => {
    const now = Date.now();
    const [fresh, graced, old] = [add("fresh", 0.1), add("graced", 2.5), add("old", 3.5)];
    const [lost, dangling] = [add("lost", 2.2), add("dangling", 2.2)];
    unlinkSync(lost.action);
    unlinkSync(dangling.output);
    const leftover = `${fresh.output}.123-0.tmp`;
    writeFileSync(leftover, "");
    aged(leftover, 2);
    writeFileSync(path.join(directory, "trim.txt"), "");
    const files = inventory(directory, now);
    expect(
      files
        .filter(({ orphaned }) => orphaned)
        .map((file) => file.path)
        .sort(),
    ).toEqual([lost.output, dangling.action, leftover].sort());
    expect(trim(files, { now, maxAge: 7200, dryRun: true }).removed).toHaveLength(5);
    expect(existsSync(old.output)).toBe(true);
    trim(files, { now, maxAge: 7200 });
    const there = (file: string): boolean => existsSync(file);
    expect([fresh, graced].flatMap(Object.values).every(there)).toBe(true);
    expect([old.action, old.output, lost.output, dangling.action, leftover].some(there)).toBe(false);
    expect(existsSync(path.join(directory, "trim.txt"))).toBe(true);
  });

  it("goes by size, the longest unused first, and what stays is whole", () => {
    const now = Date.now();
    for (let i = 0; i < 10; i++) add(`entry ${i}`, i + 1, 1000);
    const { kept } = trim(inventory(directory, now), { now, maxSize: 5000 });
    expect(kept.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(5000);
    expect(new GoDirectory(directory).get(hash("entry 0"))?.size).toBe(1000);
    expect(new GoDirectory(directory).get(hash("entry 9"))).toBeUndefined();
    truncateSync(new GoDirectory(directory).get(hash("entry 1"))!.path, 1);
    expect(new GoDirectory(directory).get(hash("entry 1"))).toBeUndefined();
  });
});

describe("the module cache", () => {
  it("loses versions that no go.sum mentions, read-only as they are, and no others", () => {
    const file = (name: string): void => {
      mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
      writeFileSync(path.join(directory, name), "content");
    };
    for (const version of ["v1.5.0", "v1.6.0"]) {
      file(`cache/download/github.com/!burnt!sushi/toml/@v/${version}.zip`);
      file(`cache/download/github.com/!burnt!sushi/toml/@v/${version}.mod`);
      file(`github.com/!burnt!sushi/toml@${version}/internal/tz.go`);
    }
    file("golang.org/toolchain@v0.0.1-go1.24.0.linux-amd64/bin/go");
    file("cache/download/example.com/pinned/v2/@v/v2.0.0-20200101000000-abcdefabcdef.mod");
    file("cache/download/sumdb/sum.golang.org/latest");
    chmodSync(path.join(directory, "github.com/!burnt!sushi/toml@v1.5.0/internal"), 0o555);
    const sums = mentioned([
      "github.com/BurntSushi/toml v1.6.0 h1:abc=\ngithub.com/BurntSushi/toml v1.6.0/go.mod h1:abc=\n",
      "example.com/pinned/v2 v2.0.0-20200101000000-abcdefabcdef/go.mod h1:abc=\n",
    ]);
    const gone = unmentioned(moduleVersions(directory), sums);
    expect(gone.map(({ path: name, version, size }) => [name, version, size])).toEqual([
      ["github.com/BurntSushi/toml", "v1.5.0", 21],
    ]);
    for (const version of gone) removeVersion(version);
    expect(existsSync(path.join(directory, "github.com/!burnt!sushi/toml@v1.5.0"))).toBe(false);
    expect(moduleVersions(directory).map(({ version }) => version)).toEqual([
      "v2.0.0-20200101000000-abcdefabcdef",
      "v1.6.0",
      "v0.0.1-go1.24.0.linux-amd64",
    ]);
    expect(statSync(path.join(directory, "cache/download/sumdb/sum.golang.org/latest")).size).toBe(7);
  });
});

describe("keys", () => {
  const env = {
    GOVERSION: "go1.26.8",
    GOOS: "linux",
    GOARCH: "amd64",
    CGO_ENABLED: "1",
    GOAMD64: "v1",
    CC: "gcc",
    GOFLAGS: "",
  };
  const key = (more: Record<string, string> = {}, flags: readonly string[] = [], sums = "abc"): string =>
    cacheKeys({ ...env, ...more }, flags, sums).build.key;

  it("differ by what decides a build, and by nothing else", () => {
    const keys = [
      key(),
      key({ GOVERSION: "go1.26.9" }),
      key({ GOAMD64: "v3" }),
      key({ CGO_ENABLED: "0" }),
      key({ CC: "clang" }),
      key({ GOFLAGS: "-trimpath" }),
      key({}, ["-race"]),
      key({}, [], "abd"),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(key({ CGO_ENABLED: "0", CC: "clang" })).toBe(key({ CGO_ENABLED: "0" }));
    expect(key({ HOME: "/elsewhere" })).toBe(key());
  });

  it("restore from their own prefixes, best first", () => {
    const { build, modules } = cacheKeys(env, [], "abc");
    for (const { key: whole, restore } of [build, modules]) {
      for (const [i, prefix] of restore.entries()) {
        expect(whole.startsWith(prefix)).toBe(true);
        expect(prefix.length).toBeLessThan(i === 0 ? whole.length : restore[i - 1].length);
      }
    }
  });
});
