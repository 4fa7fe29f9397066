import { expect, test } from "vitest";
import { type Action, ranked } from "../../src/advice/action.ts";
import type { Overview } from "../../src/lab/overview.ts";
import { profile } from "../../src/ledger/profile.ts";
import { snapshot } from "../../src/ledger/snapshot.ts";
import { overviewText } from "../../src/report/overview.ts";
import { overviewPage } from "../../src/report/overviewhtml.ts";
import { readFileSync } from "node:fs";
import { goBuild } from "../fixture.ts";

const action = (title: string, bytes: number, evidence: Action["evidence"] = "measured"): Action => ({
  kind: "cure",
  title,
  steps: [],
  bytes,
  evidence,
  how: "tried",
  costs: "",
  source: false,
  more: "",
});

function overview(actions: readonly Action[]): Overview {
  const bytes = new Uint8Array(
    readFileSync(goBuild({ fixture: "hello", goos: "linux", goarch: "amd64", ldflags: "-s -w" })),
  );
  const release = snapshot(profile(bytes), { name: "hello", sha256: "", warnings: [] });
  const best = { bytes: 800, evidence: "measured", how: "built", command: "go build", includes: [] } as const;
  return {
    schema: "pare.overview/2",
    subject: "example.com/hello",
    builds: [
      { change: "go build", price: "", bytes: 1000 },
      { change: "-trimpath", price: "paths", bytes: 800 },
    ],
    actions,
    best: { withoutSource: best, withSource: { ...best, bytes: 400, evidence: "estimate", how: "run again" } },
    findings: [],
    leftOut: [{ what: "tags", why: "not done after 90 s", command: "pare lab --tags" }],
    release,
  };
}

const plain = { colour: false, width: 100, cut: false };

test("worth most first, measured before estimated, else by name", () => {
  const order = ranked([action("b", 5), action("a", 5), action("c", 9, "estimate"), action("d", 5, "estimate")]);
  expect(order.map(({ title }) => title)).toEqual(["c", "a", "b", "d"]);
});

test("the text says what is measured and what was left out", () => {
  const text = overviewText(
    overview([{ ...action("cut it", 2_000_000, "estimate"), steps: ["so"], costs: "speed", source: true }]),
    plain,
  );
  const lines = text.split("\n");
  expect(lines.slice(0, 15)).toEqual([
    "build (measured)  bytes  change           price",
    "go build          1,000",
    "+ -trimpath         800    -200  -20.0 %  paths",
    "",
    "DO THIS  savings overlap: the best builds below say what they bring together",
    " 1   2.00 MB  estimate  cut it",
    "                        · so",
    "                        estimate: tried · costs: speed · changes source",
    "",
    "best build                              bytes                                command",
    "without touching source                   800  -20.0 %  measured: built      go build",
    "with the changes of source above  about 400 B  -60.0 %  estimate: run again  go build",
    "",
    "→ left out: tags (not done after 90 s): pare lab --tags",
    "",
  ]);
});

test("hostile names stay text in both", () => {
  const hostile = action("\u001b[31m<img src=x onerror=alert(1)>\u202e", 10);
  const text = overviewText(overview([hostile]), plain);
  expect(text).not.toContain("\u001b");
  expect(text).not.toContain("\u202e");
  const page = overviewPage(overview([hostile]));
  expect(page).not.toContain("<img");
  expect(page).not.toContain("\u001b");
  expect(page).toContain("&lt;img");
});
