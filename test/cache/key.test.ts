import { homedir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { cacheKeys, githubSteps } from "../../src/cache/key.ts";

const env = { GOVERSION: "go1.26.8", GOOS: "linux", GOARCH: "amd64", CGO_ENABLED: "0" };

it("steps for a workflow name caches as the runner has them, not as this machine does", () => {
  const own = { ...env, GOCACHE: path.join(homedir(), ".cache/go-build"), GOMODCACHE: "/opt/mod" };
  const steps = githubSteps(own, cacheKeys(own, [], "none"));
  expect(steps).toContain("path: ~/.cache/go-build\n");
  expect(steps).toContain("path: /opt/mod\n");
  expect(steps).not.toContain(homedir() + path.sep);
});
