// What examples of single entries cannot show: order, unknown versions, several entries at once.
import { describe, expect, it } from "vitest";
import { blockerCures } from "../../src/advice/blockers.ts";
import { tagsFor } from "../../src/advice/dependencies.ts";
import { duplicatesOf } from "../../src/advice/duplicates.ts";
import type { Scene } from "../../src/advice/schema.ts";
import { badVersions, toolchainEffects } from "../../src/advice/versions.ts";
import { loadKnowledge } from "../../src/toolchain/knowledge.ts";
import { problemsOf } from "./check.ts";
import { packageOfSymbol, programOfScene } from "./scene.ts";

describe("blockerCures", () => {
  const blockers = loadKnowledge("blockers");
  const cures = (scene: Scene): [string, string | undefined][] => {
    const symbol = scene.symbol ?? "";
    const use = { symbol, package: packageOfSymbol(symbol), chain: scene.chain ?? [] };
    return blockerCures(blockers, programOfScene(scene), use).map((each) => [each.entry.id, each.through]);
  };
  const nettrace = ["golang.org/x/net/trace", "html/template", "text/template"];
  const grpc = {
    symbol: "text/template.(*state).evalField",
    modules: ["google.golang.org/grpc@v1.85.0", "golang.org/x/net@v0.62.0", "example.com/m@(devel)"],
    packages: nettrace,
    chain: ["example.com/m", "google.golang.org/grpc", ...nettrace],
  };

  it("puts the nearest on the chain first", () => {
    const chain = ["example.com/m", "go.uber.org/dig", "github.com/spf13/cobra", "text/template"];
    const modules = ["go.uber.org/dig@v1.18.0", "github.com/spf13/cobra@v1.8.1"];
    const symbol = "text/template.(*state).evalField";
    expect(cures({ symbol, modules, chain })).toEqual([
      ["cobra-templates", "github.com/spf13/cobra"],
      ["dig-visualize", "go.uber.org/dig"],
    ]);
  });

  it("tells what is true in general only where it knows nothing better", () => {
    expect(cures(grpc)).toEqual([["grpc-nettrace", "google.golang.org/grpc"]]);
    const chain = ["example.com/m", ...nettrace];
    expect(cures({ ...grpc, chain })).toEqual([
      ["net-trace", "golang.org/x/net/trace"],
      ["text-template", undefined],
    ]);
  });

  it("offers no tag that is set and no upgrade that is made", () => {
    const [entry] = blockerCures(blockers, programOfScene(grpc), {
      symbol: grpc.symbol,
      package: "text/template",
      chain: grpc.chain,
    });
    expect(entry.cures.map((cure) => cure.kind)).toEqual(["tag"]);
    expect(cures({ ...grpc, tags: ["grpcnotrace"] }).map(([id]) => id)).not.toContain("grpc-nettrace");
  });

  it("takes a version that says nothing for a bad one", () => {
    const cobra = {
      symbol: "text/template.(*state).evalField",
      chain: ["main", "github.com/spf13/cobra", "text/template"],
    };
    expect(cures({ ...cobra, modules: ["github.com/spf13/cobra@"] }).map(([id]) => id)).toEqual([
      "cobra-templates",
      "cobra-set-template",
    ]);
  });

  it("knows nothing of strangers", () => {
    expect(
      cures({ symbol: "example.com/m.(*T).Call", packages: ["example.com/m"], chain: ["main", "example.com/m"] }),
    ).toEqual([]);
  });
});

describe("duplicatesOf", () => {
  const duplicates = loadKnowledge("duplicates");
  const found = (scene: Scene): [string, string[]][] =>
    duplicatesOf(duplicates, programOfScene(scene)).map((each) => [each.entry.id, each.libraries.map((l) => l.name)]);

  it("tells majors of a library apart and reports them once", () => {
    expect(found({ modules: ["gopkg.in/yaml.v2@v2.4.0", "gopkg.in/yaml.v3@v3.0.1"] })).toEqual([
      ["yaml", ["gopkg.in/yaml.v2", "gopkg.in/yaml.v3"]],
    ]);
  });

  it("finds majors of modules that it has never heard of", () => {
    expect(found({ modules: ["example.com/m@v1.0.0", "example.com/m/v2@v2.1.0"] })).toEqual([
      ["two-majors", ["example.com/m", "example.com/m/v2"]],
    ]);
  });

  it("counts what is linked, not what go.mod names", () => {
    const program = programOfScene({ modules: ["gopkg.in/yaml.v2@v2.4.0", "gopkg.in/yaml.v3@v3.0.1"] });
    const unlinked = { ...program.modules[0], packages: [] };
    const packages = new Map([...program.packages].filter(([path]) => path !== unlinked.path));
    expect(duplicatesOf(duplicates, { ...program, modules: [unlinked, program.modules[1]], packages })).toEqual([]);
  });
});

describe("tagsFor", () => {
  const tags = loadKnowledge("tags");
  const storage = (version: string): Scene => ({
    modules: [`cloud.google.com/go/storage@${version}`],
    packages: ["google.golang.org/grpc/xds/googledirectpath"],
  });

  it("says where a tag has no effect", () => {
    const [broken] = tagsFor(tags, programOfScene(storage("v1.62.0")));
    expect(broken).toMatchObject({ tags: ["disable_grpc_modules"], readers: ["cloud.google.com/go/storage"] });
    expect(broken.broken).toContain("grpc_dp_diag.go");
    expect(tagsFor(tags, programOfScene(storage("v1.62.1")))[0].broken).toBeUndefined();
  });

  it("drops tags that make a program larger", () => {
    const scene = { packages: ["time"], tags: ["timetzdata"] };
    expect(tagsFor(tags, programOfScene(scene)).map((each) => [each.change, ...each.tags])).toEqual([
      ["drop", "timetzdata"],
    ]);
  });
});

describe("versions", () => {
  const versions = loadKnowledge("versions");

  it("calls bad only what is certain", () => {
    expect(badVersions(versions, programOfScene({ modules: ["google.golang.org/protobuf@"] }))).toEqual([]);
    const scene = { go: "unknown", modules: ["google.golang.org/protobuf@v1.36.11"] };
    expect(badVersions(versions, programOfScene(scene))).toEqual([]);
  });

  it("lists what toolchains did in the order of their releases", () => {
    expect(toolchainEffects(versions, "go1.21.4", "go1.25.0").map((entry) => entry.since)).toEqual([
      "1.22",
      "1.24",
      "1.25",
    ]);
    expect(toolchainEffects(versions, "go1.25.0", "go1.21.4")).toEqual([]);
  });
});

describe("what is wrong with a knowledge file", () => {
  it("has its place", () => {
    const text = [
      "- id: Wrong Id",
      "  title: t",
      "  why: w",
      "  sources: [http://insecure.example]",
      "  packages: [testing]",
      "  evidence: [{ how: reported, what: p, before: 3 MB }]",
      "  verified: yesterday",
      "  examples: { fires: [{ packages: [testing] }] }",
      "  extra: 1",
      "",
    ].join("\n");
    expect(
      problemsOf("testpackages", text).map((each) => `${each.line}:${each.column} ${each.message.split(":")[0]}`),
    ).toEqual([
      "1:7 0.id",
      "4:13 0.sources.0",
      "6:14 0.evidence.0",
      "7:13 0.verified",
      "8:13 0.examples.quiet",
      "1:3 0",
    ]);
  });

  it("is found where it is no YAML", () => {
    expect(problemsOf("tags", "- id: [a\n- b\n")[0]).toMatchObject({ line: 2, column: 1 });
  });
});
