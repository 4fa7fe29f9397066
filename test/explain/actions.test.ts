import { expect, it } from "vitest";
import { dependencyActions } from "../../src/explain/actions.ts";
import { flagsAction } from "../../src/lab/overview.ts";
import { plainBuild, releaseSteps } from "../../src/lab/steps.ts";
import { loadKnowledge } from "../../src/toolchain/knowledge.ts";

/** What a line of 100 columns has left behind number, bytes and evidence. */
const ROOM = 76;

it("what the knowledge says of a library has a title of one line, and the rest below it", () => {
  const cost = { bytes: 1e6, basis: "estimate", how: "run again" } as const;
  const all = [
    ...loadKnowledge("heavy").map((entry) => ({ kind: "heavy" as const, entry })),
    ...loadKnowledge("duplicates").map((entry) => ({ kind: "duplicates" as const, entry })),
  ];
  for (const { kind, entry } of all) {
    const message = `${entry.title}: ${entry.why}; cure: other: because`;
    const [{ title, steps }] = dependencyActions([{ kind, module: "", message, cost }], 1e6);
    expect(title.length, title).toBeLessThanOrEqual(ROOM);
    expect(steps.at(-1)).toBe("cure: other: because");
    // nothing of it is lost
    expect(title.length + steps.join("; ").length).toBeGreaterThanOrEqual(message.length);
  }
});

it("the flags of a release have a line of their own", () => {
  const builds = [30, 20].map((bytes) => ({ change: "", price: "", bytes }));
  const command = "CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags='-s -w -buildid='";
  const action = flagsAction(builds, releaseSteps(plainBuild([]), true, ""), command)!;
  expect(action.title.length).toBeLessThanOrEqual(ROOM);
  expect(action.steps).toEqual([command]);
});
