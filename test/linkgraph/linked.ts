// A fixture, linked through the link probe with its graph.
import path from "node:path";
import { type LinkGraph, linkGraph } from "../../src/linkgraph/graph.ts";
import { openSubject, type Subject } from "../../src/toolchain/subject.ts";

export interface Linked {
  readonly subject: Subject;
  readonly graph: LinkGraph;
}

export async function linked(
  fixture: string,
  env: Readonly<Record<string, string>> = {},
  flags: readonly string[] = ["-ldflags=-s -w"],
): Promise<Linked> {
  const subject = await openSubject(".", {
    cwd: path.join(import.meta.dirname, "../fixtures", fixture),
    goFlags: ["-buildvcs=false", "-trimpath", ...flags],
    env: { GOFLAGS: "", GOENV: "off", GOWORK: "off", CGO_ENABLED: "0", ...env },
    guard: () => () => {},
    graph: true,
  });
  const dump = subject.testimony;
  if (!dump?.graph) throw new Error(subject.warnings.join());
  return { subject, graph: linkGraph(dump, dump.graph) };
}
