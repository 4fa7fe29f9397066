import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openExecutable } from "../../src/binary/open.ts";
import { identify } from "../../src/symbols/identity.ts";
import {
  addToStore,
  collectStore,
  findEntry,
  listStore,
  pathOf,
  readFromStore,
  type Store,
} from "../../src/symbols/store.ts";
import { goBuild, type GoSettings } from "../fixture.ts";

let directory: string;
let store: Store;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "pare-store-"));
  store = { directory: path.join(directory, "symbols"), guard: () => () => {} };
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const shipped = (settings: GoSettings = {}): Uint8Array =>
  new Uint8Array(readFileSync(goBuild({ fixture: "hello", ldflags: "-s -w", ...settings })));
const whole = (settings: GoSettings = {}): Uint8Array =>
  new Uint8Array(readFileSync(goBuild({ fixture: "hello", ...settings })));
const idsOf = (bytes: Uint8Array): readonly { kind: string; hex: string }[] => identify(openExecutable(bytes)).ids;
const hexOf = (bytes: Uint8Array, kind: string): string => idsOf(bytes).find((id) => id.kind === kind)?.hex ?? "";

describe("identity", () => {
  it.each([
    [{ goos: "linux", goarch: "amd64" }, ["gnu", "go", "functions"]],
    [{ goos: "darwin", goarch: "arm64" }, ["uuid", "go", "functions"]],
    [{ goos: "windows", goarch: "amd64" }, ["go", "functions"]],
    [{ goos: "js", goarch: "wasm" }, ["go", "functions"]],
  ] as const)("%o has names of its own and shares the function table's with its twin", (settings, kinds) => {
    const [a, b] = [shipped(settings), whole(settings)];
    expect(idsOf(a).map(({ kind }) => kind)).toEqual(kinds);
    expect(hexOf(a, "functions")).toBe(hexOf(b, "functions"));
    expect(hexOf(a, "go")).not.toBe(hexOf(b, "go"));
  });

  it("reads the Go build ID that the go command reads", () => {
    for (const goos of ["linux", "windows", "darwin"]) {
      const file = goBuild({ fixture: "hello", goos, goarch: "amd64", ldflags: "-s -w" });
      const told = execFileSync("go", ["tool", "buildid", file], { encoding: "utf8" }).trim();
      expect(identify(openExecutable(readFileSync(file))).goBuildId).toBe(told);
    }
  });
});

describe("store", () => {
  it("gives a twin back under each of both files' names, its DWARF decompressed and smaller for it", async () => {
    const [a, b] = [shipped(), whole()];
    const { entry, isNew } = await addToStore(store, { name: "hello", executable: a, debuginfo: b });
    expect(isNew).toBe(true);
    expect(entry.id).toBe(hexOf(a, "gnu"));
    for (const { hex } of [...idsOf(a), ...idsOf(b)]) expect(findEntry(store, hex)?.id).toBe(entry.id);
    expect(await readFromStore(store, entry, "executable")).toEqual(a);
    const debug = await readFromStore(store, entry, "debuginfo");
    const exe = openExecutable(debug!);
    expect(exe.sections.filter((s) => s.compressed)).toEqual([]);
    expect(openExecutable(b).sections.some((s) => s.compressed)).toBe(true);
    expect(exe.buildId).toBe(hexOf(a, "gnu"));
    expect(exe.symbols().count).toBe(openExecutable(b).symbols().count);
    expect(entry.files.debuginfo!.stored).toBeLessThan(zstdCompressSync(b).length);
    // the tools of the platform read it, and it still runs
    const file = path.join(directory, "hello");
    writeFileSync(file, debug!, { mode: 0o755 });
    expect(execFileSync("readelf", ["--debug-dump=info", file], { encoding: "utf8", maxBuffer: 1 << 28 })).toContain(
      "main.main",
    );
    expect(execFileSync(file, { encoding: "utf8" })).not.toBe("");
  });

  it("finds files that were built without any ID", async () => {
    const bare = { flags: ["-trimpath"] } as const;
    const [a, b] = [shipped({ ...bare, ldflags: "-s -w -buildid=" }), whole({ ...bare, ldflags: "-buildid=" })];
    expect(idsOf(a).map(({ kind }) => kind)).toEqual(["functions"]);
    const { entry } = await addToStore(store, { name: "hello", executable: a, debuginfo: b });
    expect(findEntry(store, hexOf(b, "functions"))).toEqual(entry);
  });

  it("completes an entry, and does nothing twice", async () => {
    const [a, b] = [shipped(), whole()];
    await addToStore(store, { name: "hello", executable: a });
    const second = await addToStore(store, { name: "hello", executable: a, debuginfo: b });
    expect(Object.keys(second.entry.files).sort()).toEqual(["debuginfo", "executable"]);
    expect((await addToStore(store, { name: "hello", executable: a, debuginfo: b })).isNew).toBe(false);
    expect(listStore(store)).toHaveLength(1);
  });

  it("refuses what is no twin", async () => {
    const other = readFileSync(goBuild({ fixture: "tiny" }));
    await expect(addToStore(store, { name: "hello", executable: shipped(), debuginfo: other })).rejects.toThrow(
      "not builds of the same program",
    );
  });

  it("detects damage, and repairs it when the file is added again", async () => {
    const a = shipped();
    const { entry } = await addToStore(store, { name: "hello", executable: a });
    const file = pathOf(store, entry, "executable");
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(file, bytes);
    await expect(readFromStore(store, entry, "executable")).rejects.toThrow("is damaged");
    await addToStore(store, { name: "hello", executable: a });
    expect(await readFromStore(store, entry, "executable")).toEqual(a);
    writeFileSync(file, bytes.subarray(0, 1000));
    await expect(readFromStore(store, entry, "executable")).rejects.toThrow("is damaged");
    await addToStore(store, { name: "hello", executable: a });
    expect(await readFromStore(store, findEntry(store, entry.id)!, "executable")).toEqual(a);
  });

  it("follows no name out of its directory", async () => {
    await addToStore(store, { name: "hello", executable: shipped() });
    for (const name of ["..", "../symbols", "", "ABCDEF0123456789", "0".repeat(65), "0123456789abcdef/entry"])
      expect(findEntry(store, name)).toBeUndefined();
    const lying = path.join(store.directory, listStore(store)[0].entry.ids[1].hex, "alias.json");
    writeFileSync(lying, JSON.stringify({ schema: "pare.symbols-alias/1", id: "../../etc" }));
    expect(findEntry(store, listStore(store)[0].entry.ids[1].hex)).toBeUndefined();
  });

  it("collects by last use, then by size, with the names that led there", async () => {
    const builds = ["amd64", "arm64", "386"].map((goarch) => ({ goarch, bytes: shipped({ goos: "linux", goarch }) }));
    const now = Date.now();
    for (const [i, { goarch, bytes }] of builds.entries()) {
      const { entry } = await addToStore(store, { name: goarch, executable: bytes });
      const used = new Date(now - (i + 1) * 86_400_000);
      utimesSync(path.join(store.directory, entry.id, "entry.json"), used, used);
    }
    const all = listStore(store);
    const size = (name: string): number => all.find(({ entry }) => entry.name === name)!.stored;
    const dry = collectStore(store, { now, maxAge: 2.5 * 86_400, dryRun: true });
    expect(dry.removed.map(({ entry }) => entry.name)).toEqual(["386"]);
    expect(listStore(store)).toHaveLength(3);
    collectStore(store, { now, maxAge: 2.5 * 86_400 });
    expect(findEntry(store, hexOf(builds[2].bytes, "go"))).toBeUndefined();
    const rest = collectStore(store, { now, maxSize: size("amd64") + size("arm64") - 1 });
    expect(rest.kept.map(({ entry }) => entry.name)).toEqual(["amd64"]);
    expect(findEntry(store, hexOf(builds[0].bytes, "functions"))?.name).toBe("amd64");
    expect(
      statSync(path.join(store.directory, hexOf(builds[1].bytes, "go")), { throwIfNoEntry: false }),
    ).toBeUndefined();
  });
});
