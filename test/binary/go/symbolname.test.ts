import { describe, expect, it } from "vitest";
import { NameReader, packageOf, packageOfType, TypeNames } from "../../../src/binary/go/symbolname.ts";

describe("packageOf", () => {
  const examples: [string, string][] = [
    ["main.main", "main"],
    ["net/http.(*Server).Serve", "net/http"],
    ["gopkg.in/yaml%2ev3.Unmarshal", "gopkg.in/yaml.v3"],
    ["slices.SortFunc[go.shape.[]net/http.Header,go.shape.int]", "slices"],
    ["go.uber.org/zap.(*Logger).Info", "go.uber.org/zap"],
    ["type:net/http.Server", "net/http"],
    ["type:map[string]*net/http.Request", "net/http"],
    ["type:.eq.net/http.http2ErrCode", "net/http"],
    ["type:.hash.[2]crypto/x509.sum", "crypto/x509"],
    ["type:.eqfunc.context.valueCtx", "context"],
    ["type:.hashfunc.reflect.visit", "reflect"],
    ["type:.gcmask.github.com/klauspost/compress/zstd.fastEncoderDict", "github.com/klauspost/compress/zstd"],
    ["type:.eqfunc24", ""],
    ["type:.namedata.*Server.", ""],
    ["type:.importpath.net/http.", ""],
    ["type:func(string) error", ""],
    ["go:itab.*os.File,io.Reader", "os"],
    ["struct { net/http.x }.M", "net/http"],
    ["memeqbody", ""],
    ["go.shape.struct { net/http.x }", "net/http"],
    ["go.shape.int", ""],
    ["map.init.0", ""],
    ["$f64.3ff0000000000000", ""],
    ["types.go", "types"],
    [".inittask", ""],
    ["net/http.init", "net/http"],
    ["net/url.init", "net/url"],
  ];

  it.each(examples)("%s belongs to %s", (name, pkg) => {
    expect(packageOf(name)).toBe(pkg);
  });

  it("is told the same by names that stand in one array", () => {
    const { bytes, places } = joined(examples.map(([name]) => name));
    const names = new NameReader(bytes);
    expect(places.map(([from, to]) => names.packageAt(from, to))).toEqual(examples.map(([, pkg]) => pkg));
  });

  it("of types, too", () => {
    const types = [
      "*os.File",
      "[]*net/http.Request",
      "func(...io.Reader) error",
      'struct { A int "json:\\"x.Y\\""; b fmt.pp }',
      "...",
      "int",
    ];
    const { bytes, places } = joined(types);
    const names = new TypeNames(bytes);
    const told = places.map(([from, to]) => names.packageAt(from, to));
    expect(told).toEqual(["os", "net/http", "io", "fmt", "", ""]);
    expect(types.map(packageOfType)).toEqual(told);
  });
});

/** Names in one array, with nothing between them, and where each stands. */
function joined(names: readonly string[]): { bytes: Uint8Array; places: [number, number][] } {
  let at = 0;
  const places = names.map((name): [number, number] => [at, (at += Buffer.byteLength(name))]);
  return { bytes: new TextEncoder().encode(names.join("")), places };
}
