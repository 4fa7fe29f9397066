// A fixture, linked through the link probe and joined with its profile.
import { linkModel, type LinkModel } from "../../src/explain/model.ts";
import { profile } from "../../src/ledger/profile.ts";
import { inflate } from "../../src/toolchain/inflate.ts";
import { linked } from "../linkgraph/linked.ts";

export async function modelOf(
  fixture: string,
  env: Readonly<Record<string, string>> = {},
  flags?: readonly string[],
): Promise<LinkModel> {
  const { subject, graph } = await linked(fixture, env, flags);
  const found = profile(subject.bytes, { testimony: subject.testimony!, inflate });
  const model = linkModel(graph.dump, found, { name: fixture, sha256: "" });
  if ("reason" in model) throw new Error(model.reason);
  return model;
}
