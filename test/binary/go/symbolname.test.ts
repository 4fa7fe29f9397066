import { describe, expect, it } from "vitest";
import { packageOf } from "../../../src/binary/go/symbolname.ts";

describe("packageOf", () => {
  it.each([
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
  ])("%s belongs to %s", (name, pkg) => {
    expect(packageOf(name)).toBe(pkg);
  });
});
