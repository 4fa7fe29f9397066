// Packages of functions by the names of the function table.
import { expect, test } from "vitest";
import { importPathOfFile, NameScanner } from "../../../src/ledger/claims/functions.ts";
import { Names } from "../../../src/ledger/ledger.ts";

const PATHS = ["main", "a/b", "a/b.c/d", "a/bc", "a/b/c", "gopkg.in/yaml%2ev3", "go.uber.org/zap", "go", "typed/x", ""];
const ENDS = [
  ".F",
  ".(*T).M",
  ".F[go.shape.int]",
  ".F[a/b.T]",
  ".(*T[x/y.Z]).M.func1",
  ".c/d.F",
  "/c.F",
  ".init.0.func2",
  "",
  '.struct { x "a/b[" }',
];
const MADE = [
  "type:.eq.a/b.T",
  "go:buildid",
  "struct { a/b.T }.M",
  "(*struct { a/b.T }).M",
  "memeqbody",
  "go.shape.int",
];

const encoder = new TextEncoder();
/** Reads all names, which stand one after the other; each as [package, is generic, length]. */
const read = (names: readonly string[]): unknown[] => {
  const packages = new Names();
  const scan = new NameScanner(encoder.encode(names.map((name) => `${name}\0`).join("")), packages);
  let at = 0;
  return names.map((name) => {
    const told = [packages.get(scan.read(at)), scan.generic, scan.end - at];
    at += name.length + 1;
    return told;
  });
};

test("a name tells the same whatever stands in front of it", () => {
  const names = [...MADE, ...PATHS.flatMap((path) => ENDS.map((end) => path + end))];
  const alone = names.map((name) => read([name])[0]);
  for (let step = 1; step < names.length; step++) {
    const order = names.map((_, i) => (i * step) % names.length);
    expect(read(order.map((i) => names[i]))).toEqual(order.map((i) => alone[i]));
  }
});

test("names tell their package, what has type arguments is generic, and all are read to the end", () => {
  expect(read(["a/b.F", "a/b.G[int]", "a/b.c/d.F", "a/b.(*T[x/y.Z]).M"])).toEqual([
    ["a/b", false, 5],
    ["a/b", true, 10],
    ["a/b.c/d", false, 9],
    ["a/b", true, 17],
  ]);
});

test("a file of the module cache, or one named by -trimpath, tells its package", () => {
  const MODULE = "/home/me/go/pkg/mod/github.com/!azure/sdk/v2@v2.1.0";
  expect(importPathOfFile(`${MODULE}/a/b.go`)).toBe("github.com/Azure/sdk/v2/a");
  expect(importPathOfFile(`${MODULE}/b.go`)).toBe("github.com/Azure/sdk/v2");
  expect(importPathOfFile("C:\\go\\pkg\\mod\\golang.org\\x\\net@v0.1.0\\idna\\a.go")).toBe("golang.org/x/net/idna");
  expect(importPathOfFile("golang.org/x/net@v0.1.0/idna/a.go")).toBe("golang.org/x/net/idna");
  const others = [
    "/home/me@v1/x/a.go",
    "D:/x@v1.0.0/a.go",
    "/usr/local/go/src/fmt/print.go",
    "m/a.go",
    "m@v1",
    "",
    "@v1/a.go",
  ];
  for (const path of others) expect(importPathOfFile(path)).toBe("");
  expect(importPathOfFile(`${"/pkg/mod/".repeat(500)}m@v1/a.go`)).toBe("");
});
