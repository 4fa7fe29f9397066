// What an audit knows of a program, from its link.
import { describe, expect, it } from "vitest";
import { auditFacts, linkedFindings, type OutsideFacts } from "../../src/explain/auditfacts.ts";
import { loadKnowledge } from "../../src/toolchain/knowledge.ts";
import { modelOf } from "./modelof.ts";

const knowledge = {
  blockers: loadKnowledge("blockers"),
  duplicates: loadKnowledge("duplicates"),
  heavy: loadKnowledge("heavy"),
  testpackages: loadKnowledge("testpackages"),
  versions: loadKnowledge("versions"),
};
const outside: OutsideFacts = { needsCgo: [], pathBytes: 7 };

describe("what an audit knows", () => {
  it("of a server", async () => {
    const model = await modelOf("server", {}, []);
    const facts = auditFacts(model, [], outside);
    expect(facts).toMatchObject({
      isServer: true,
      mayUseCgo: true,
      needsCgo: [],
      pathBytes: 7,
      target: expect.stringContaining("/") as string,
    });
    // the ledger's own account of what -s -w leaves out
    const { kinds, file } = model.snapshot;
    expect([facts.bytes, facts.debugBytes]).toEqual([file.size, kinds.dwarf + kinds.symtab]);
    expect(facts.debugBytes).toBeGreaterThan(0.1 * facts.bytes);
  });

  it("of a program that does nothing of the kind", async () => {
    const facts = auditFacts(await modelOf("hello"), [], outside);
    expect(facts).toMatchObject({ isServer: false, mayUseCgo: false, needsRoots: false, needsZones: false });
  });

  it("of one with a template: what keeps methods, with its price and cure", async () => {
    const linked = linkedFindings(await modelOf("reflection/template"), knowledge);
    const blocker = linked.find((each) => each.kind === "elimination");
    expect(blocker?.message).toContain("text/template");
    expect(blocker?.message).toContain("cure: ");
    expect(blocker?.cost).toMatchObject({ basis: "estimate" });
    expect(blocker?.cost?.bytes).toBeGreaterThan(0);
    expect(linked.find((each) => each.kind === "heavy")?.message).toContain("text/template");
  });

  it("of one with two libraries for one job, and a helper of tests: what each keeps", async () => {
    const linked = linkedFindings(await modelOf("twins"), knowledge);
    const found = (kind: (typeof linked)[number]["kind"]): (typeof linked)[number] | undefined =>
      linked.find((each) => each.kind === kind);
    expect(found("duplicates")).toMatchObject({
      module: expect.stringMatching(/^gopkg\.in\/yaml\.v[23]$/) as string,
      message: expect.stringContaining("yaml") as string,
      cost: { basis: "estimate" },
    });
    expect(found("test code")?.message).toContain("testing");
    for (const kind of ["duplicates", "test code"] as const) expect(found(kind)?.cost?.bytes).toBeGreaterThan(0);
    const quiet = linkedFindings(await modelOf("hello"), knowledge);
    expect(quiet.filter(({ kind }) => kind === "duplicates" || kind === "test code")).toEqual([]);
  });
});
