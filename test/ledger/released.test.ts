// Nothing is read from memory that was given back: a profile is the same, range by range, where such memory is made nonsense at once.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { poisonReleased } from "../../src/binary/memory.ts";
import { type Beside, makeParts } from "../../src/ledger/beside.ts";
import { type Profile, profile } from "../../src/ledger/profile.ts";
import { snapshot } from "../../src/ledger/snapshot.ts";
import { rangesTsv } from "../../src/report/ranges.ts";
import { inflate } from "../../src/toolchain/inflate.ts";
import { goBuild, type GoOptions } from "../fixture.ts";

const builds: GoOptions[] = [{ fixture: "server", ldflags: "-s -w" }, { fixture: "server" }];

const told = (found: Profile): string =>
  JSON.stringify(snapshot(found, { name: "x", sha256: "" }, { symbols: true, memory: true })) +
  [...rangesTsv(found.ledger, (pkg) => pkg)].join("");

test("what was given back is not used again", () => {
  const files = builds.map((options) => new Uint8Array(readFileSync(goBuild(options))));
  const before = files.map((bytes) => told(profile(bytes, { inflate })));
  poisonReleased();
  files.forEach((bytes, i) => {
    expect(told(profile(bytes, { inflate })) === before[i]).toBe(true);
    const parts = new Map<string, unknown>();
    for (const { part, value } of makeParts(bytes, inflate)) parts.set(part, structuredClone(value));
    const beside = ((part) => parts.get(part)) as Beside;
    expect(told(profile(bytes, { inflate, beside })) === before[i]).toBe(true);
  });
});
