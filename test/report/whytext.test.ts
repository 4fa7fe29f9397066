import { expect, it } from "vitest";
import { atPosition } from "../../src/report/whytext.ts";

it.each([
  [
    "/root/go/pkg/mod/github.com/!masterminds/semver/v3@v3.4.0/version.go",
    "github.com/Masterminds/semver/v3@v3.4.0/version.go",
  ],
  ["C:/Users/me/go/pkg/mod/example.com/a@v1.0.0/src/a.go", "example.com/a@v1.0.0/src/a.go"],
  ["/usr/local/go/src/net/http/server.go", "net/http/server.go"],
  ["example.com/a@v1.0.0/src/a.go", "example.com/a@v1.0.0/src/a.go"],
  ["net/http/server.go", "net/http/server.go"],
  ["/home/me/app/main.go", "/home/me/app/main.go"],
])("a position in %s", (file, shown) => {
  expect(atPosition({ file, line: 7 })).toBe(`${shown}:7`);
});
