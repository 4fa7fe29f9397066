// What lies beside a release: bill of materials, provenance, checksums, and the universal program.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readBuildInfo } from "../../src/binary/go/buildinfo.ts";
import { fatSlices } from "../../src/binary/fat.ts";
import { openExecutable } from "../../src/binary/open.ts";
import { profile } from "../../src/ledger/profile.ts";
import { type Artifacts, checksums, provenance } from "../../src/release/artifacts.ts";
import { fatMachO } from "../../src/release/fatwriter.ts";
import { cycloneDx, packageUrl } from "../../src/release/sbom.ts";
import { goBuild } from "../fixture.ts";

const sum = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

describe("the bill of materials", () => {
  const bill = (
    deps: { path: string; version: string; sum: string; replace?: { path: string; version: string; sum: string } }[],
  ) =>
    JSON.parse(
      cycloneDx({
        name: "app",
        version: "1.2.3",
        sha256: "a".repeat(64),
        target: "linux/amd64",
        epoch: 1_700_000_000,
        tool: "0.1.0",
        buildInfo: {
          goVersion: "go1.26.0",
          path: "example.com/m/cmd/app",
          main: { path: "example.com/m", version: "(devel)", sum: "" },
          deps,
          settings: [{ key: "GOOS", value: "linux" }],
        },
      }),
    ) as {
      serialNumber: string;
      components: { purl: string; properties: unknown[] }[];
      dependencies: { ref: string; dependsOn: string[] }[];
    };

  it("names what was compiled, sorted, and what it stands in for", () => {
    const { components, dependencies, serialNumber } = bill([
      { path: "example.com/z", version: "v1.0.0", sum },
      { path: "example.com/b", version: "v1.0.0", sum: "", replace: { path: "./local b", version: "", sum: "" } },
    ]);
    expect(components.map(({ purl }) => purl)).toEqual([
      "pkg:golang/./local%20b",
      "pkg:golang/example.com/z@v1.0.0",
      "pkg:golang/std@1.26.0",
    ]);
    expect(components[0].properties).toEqual([{ name: "go:replaces", value: "example.com/b@v1.0.0" }]);
    expect(components[1].properties).toEqual([{ name: "go:sum", value: sum }]);
    expect(dependencies[0].dependsOn).toHaveLength(3);
    expect(serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("is made from a real program", () => {
    const buildInfo = readBuildInfo(openExecutable(readFileSync(goBuild({ fixture: "hello", flags: ["-trimpath"] }))))!;
    const text = cycloneDx({
      name: "hello",
      version: "1",
      sha256: "b".repeat(64),
      target: "linux/amd64",
      epoch: 0,
      tool: "0",
      buildInfo,
    });
    expect(JSON.parse(text)).toMatchObject({ specVersion: "1.6", metadata: { component: { name: buildInfo.path } } });
    expect(text).not.toContain(import.meta.dirname);
  });

  it("escapes what a URL cannot hold", () => {
    expect(packageUrl("gopkg.in/yaml.v3", "v3.0.1+incompatible")).toBe(
      "pkg:golang/gopkg.in/yaml.v3@v3.0.1%2Bincompatible",
    );
  });
});

describe("documents", () => {
  const release: Artifacts = {
    schema: "pare.artifacts/1",
    project: "app",
    module: "example.com/m",
    version: "1.2.3",
    tag: "v1.2.3",
    commit: "c".repeat(40),
    epoch: 1_700_000_000,
    goVersion: "go1.26.0",
    pare: "0.1.0",
    plan: ["app linux/amd64"],
    builds: [
      {
        id: "app linux/amd64",
        package: ".",
        target: "linux/amd64",
        env: { GOOS: "linux" },
        flags: ["-trimpath"],
        fingerprint: "f".repeat(64),
        modules: [{ path: "example.com/z", version: "v1.0.0", sum }],
      },
    ],
    artifacts: [{ path: "app.tar.gz", kind: "archive", of: "app linux/amd64", size: 1, sha256: "d".repeat(64) }],
  };

  it("the provenance names every artifact and all that went in, digests in the form of in-toto", () => {
    expect(JSON.parse(provenance(release))).toMatchObject({
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ name: "app.tar.gz", digest: { sha256: "d".repeat(64) } }],
      predicate: {
        buildDefinition: {
          resolvedDependencies: [
            { uri: "pkg:golang/example.com/m@v1.2.3", digest: { gitCommit: "c".repeat(40) } },
            { uri: "pkg:generic/go@1.26.0" },
            { digest: { dirHash: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" } },
          ],
        },
      },
    });
  });

  it("checksums are sorted by the bytes of the names", () => {
    const sums = checksums(["b", "a", "B", "ä"].map((name) => ({ path: name, sha256: "0" })));
    expect(sums).toBe("0  B\n0  a\n0  b\n0  ä\n");
  });
});

describe("a universal program", () => {
  const parts = ["amd64", "arm64"].map((goarch) => readFileSync(goBuild({ fixture: "tiny", goos: "darwin", goarch })));

  it("holds both, each on a page of its machine, and is profiled as both", () => {
    const fat = fatMachO(parts);
    const slices = fatSlices(fat);
    expect(slices.map(({ arch }) => arch)).toEqual(["amd64", "arm64"]);
    expect(slices.map(({ offset }, i) => offset % [4096, 16_384][i])).toEqual([0, 0]);
    for (const [i, { offset, size }] of slices.entries())
      expect(parts[i].equals(fat.subarray(offset, offset + size))).toBe(true);
    expect(profile(fat).exe.format).toBe("fat");
  });

  it("refuses what is no Mach-O file, and two for one machine", () => {
    expect(() => fatMachO([parts[0], Buffer.alloc(100)])).toThrow("only 64-bit Mach-O files");
    expect(() => fatMachO([parts[0], parts[0]])).toThrow("two parts are for one machine");
  });
});
