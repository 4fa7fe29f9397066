import { describe, expect, it } from "vitest";
import { moduleTable, parseGoMod } from "../../src/ledger/modules.ts";
import { SAMPLE_BUILD_INFO } from "./sample.ts";

const facts = { buildInfo: SAMPLE_BUILD_INFO, goVersion: "go1.26.8", garbled: false };

describe("moduleTable", () => {
  const moduleOf = moduleTable(facts);

  it.each([
    ["main", "example.com/app", "main"],
    ["example.com/app/store", "example.com/app", "main"],
    ["example.com/app_test", "example.com/app", "main"],
    ["example.com/application", "example.com/application", "unknown"],
    ["github.com/acme/yaml/v3", "github.com/acme/yaml/v3", "dependency"],
    ["github.com/acme/yaml/v3/internal/scan", "github.com/acme/yaml/v3", "dependency"],
    ["golang.org/x/text/unicode/norm", "golang.org/x/text", "dependency"],
    ["net/http", "std", "std"],
    ["vendor/golang.org/x/net/idna", "std", "std"],
    ["somethingnewinstd", "std", "std"],
    ["C", "C", "C"],
    ["github.com/other/repo/v2/pkg", "github.com/other/repo/v2", "unknown"],
    ["gopkg.in/yaml.v3", "gopkg.in/yaml.v3", "unknown"],
  ])("%s belongs to %s (%s)", (pkg, path, role) => {
    expect(moduleOf(pkg)).toMatchObject({ path, role });
  });

  it("gives one object per module, with version and replacement", () => {
    expect(moduleOf("github.com/acme/yaml/v3/a")).toBe(moduleOf("github.com/acme/yaml/v3/b"));
    expect(moduleOf("net/http").version).toBe("go1.26.8");
    expect(moduleOf("golang.org/x/text")).toMatchObject({
      version: "v0.3.0",
      replace: { path: "../text", version: "" },
    });
  });

  it("takes the longest of two modules with a common prefix", () => {
    const nested = moduleTable({
      ...facts,
      buildInfo: {
        ...SAMPLE_BUILD_INFO,
        deps: [
          { path: "github.com/a/b", version: "v1.0.0", sum: "" },
          { path: "github.com/a/b/sub", version: "v0.1.0", sum: "" },
        ],
      },
    });
    expect(nested("github.com/a/b/sub/x").version).toBe("v0.1.0");
    expect(nested("github.com/a/b/subx").version).toBe("v1.0.0");
  });

  it("tells direct from indirect with go.mod at hand", () => {
    const goMod =
      "module example.com/app\n\nrequire github.com/acme/yaml/v3 v3.1.0\n\nrequire golang.org/x/text v0.3.0 // indirect\n";
    const table = moduleTable({ ...facts, goMod });
    expect(table("github.com/acme/yaml/v3").role).toBe("direct");
    expect(table("golang.org/x/text").role).toBe("indirect");
  });

  it("guesses repositories, and leaves std alone, without build information", () => {
    const table = moduleTable({ goVersion: "go1.12", garbled: false });
    expect(table("main")).toMatchObject({ path: "main", role: "main" });
    expect(table("encoding/json").role).toBe("std");
    expect(table("github.com/a/b/c/d")).toMatchObject({ path: "github.com/a/b", role: "unknown" });
    expect(table("github.com/a/b/vendor/golang.org/x/net/html").path).toBe("golang.org/x/net");
    expect(table("myapp/internal/x")).toMatchObject({ path: "myapp", role: "unknown" });
  });

  it("books the programs of the Go distribution on the module cmd", () => {
    const table = moduleTable({
      ...facts,
      buildInfo: { goVersion: "go1.26.8", path: "cmd/go", deps: [], settings: [] },
    });
    expect(table("cmd/go/internal/load")).toMatchObject({ path: "cmd", role: "main" });
    expect(table("cmd/vendor/golang.org/x/mod/semver").path).toBe("cmd");
    expect(table("net/http").role).toBe("std");
  });

  it("does not take hashed names for the standard library", () => {
    const table = moduleTable({ ...facts, garbled: true });
    expect(table("aXb3kQ").role).toBe("unknown");
    expect(table("runtime").role).toBe("std");
  });
});

describe("parseGoMod", () => {
  it("reads blocks, single lines, quotes and comments", () => {
    const mod = parseGoMod(`
// Deprecated: no
module "example.com/x" // the module

go 1.26
require (
	github.com/a/b v1.0.0
	github.com/c/d v2.0.0+incompatible // indirect
	// github.com/gone v1.0.0
	"github.com/e/f" v0.0.0-20200101000000-abcdefabcdef // indirect; because
)
require github.com/g/h v1.1.1
exclude (
	github.com/i/j v1.0.0
)
replace github.com/a/b => ../b
`);
    expect(mod.module).toBe("example.com/x");
    expect([...mod.require]).toEqual([
      ["github.com/a/b", { version: "v1.0.0", indirect: false }],
      ["github.com/c/d", { version: "v2.0.0+incompatible", indirect: true }],
      ["github.com/e/f", { version: "v0.0.0-20200101000000-abcdefabcdef", indirect: true }],
      ["github.com/g/h", { version: "v1.1.1", indirect: false }],
    ]);
  });
});
