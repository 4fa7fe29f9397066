import { describe, expect, it } from "vitest";
import { addFlags, flagValue, quotedWords } from "../../src/toolchain/goflags.ts";

describe("flags of go build", () => {
  it("are joined with those of the command line and of GOFLAGS, which they would replace", () => {
    expect(addFlags(["-ldflags=-X a.b=c"], "", { ldflags: "-s -w" })).toEqual(["-ldflags=-X a.b=c -s -w"]);
    expect(addFlags([], "-mod=mod '-ldflags=-X a.b=c d'", { ldflags: "-w" })).toEqual(["-ldflags=-X a.b=c d -w"]);
    expect(addFlags(["-tags", "x,y"], "", { tags: ["y", "z"] })).toEqual(["-tags=x,y,z"]);
    expect(addFlags(["--tags=x y"], "-tags=gone", { tags: ["z"] })).toEqual(["-tags=x,y,z"]);
    expect(addFlags([], "-tags=kept", { tags: ["z"] })).toEqual(["-tags=kept,z"]);
  });

  it("are not said twice", () => {
    expect(addFlags(["-trimpath", "-ldflags=-s -w"], "", { ldflags: "-s -w -buildid=", more: ["-trimpath"] })).toEqual([
      "-trimpath",
      "-ldflags=-s -w -buildid=",
    ]);
    // what stands in quotes is a value
    expect(addFlags(["-ldflags=-X 'a.b=c -s -w' -w"], "", { ldflags: "-s -w" })).toEqual([
      "-ldflags=-X 'a.b=c -s -w' -w -s",
    ]);
    expect(addFlags(["-buildmode=exe"], "", { more: ["-buildmode=pie"] })).toEqual(["-buildmode=pie"]);
    // patterns add up
    expect(addFlags(["-gcflags=./...=-N"], "", { more: ["-gcflags=all=-l"] })).toEqual([
      "-gcflags=./...=-N",
      "-gcflags=all=-l",
    ]);
  });

  it("are found in both of their forms", () => {
    expect(flagValue("tags", ["-tags", "a", "--tags=b"])).toBe("b");
    expect(flagValue("tags", ["-ldflags", "-tags"])).toBeUndefined();
    expect(flagValue("tags", ["-race"])).toBeUndefined();
    expect(quotedWords(`-a "-ldflags=-s -w" '-tags=x y'`)).toEqual(["-a", "-ldflags=-s -w", "-tags=x y"]);
  });
});
