// Two revisions of a real program: does every package that grew have a reference that brought it, and do all numbers sum?
import { execFileSync } from "node:child_process";
import type { Diff } from "../../src/ledger/diff.ts";
import { builtPare } from "../built.ts";
import { ENV, FLAGS, history } from "./subjects.ts";

const [FROM, TO] = ["v0.17.1", "v0.18.0"];

/** What is owed a reason, in bytes. */
const NOTABLE = 10_000;

export async function diff(): Promise<void> {
  const [command, ...words] = builtPare();
  const cwd = history("ko", "github.com/google/ko", [FROM, TO]);
  const text = execFileSync(command, [...words, "diff", `${FROM}..${TO}`, "--json", "-q", "--", ...FLAGS], {
    cwd,
    env: { ...process.env, ...ENV },
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  const found = JSON.parse(text) as Diff;
  const packages = found.modules.flatMap((module) => module.packages);
  const grown = packages.filter(({ delta }) => delta > NOTABLE);
  const explained = new Set(found.because?.map((row) => row.package));
  const sum = (rows: readonly { readonly delta: number }[]): number => rows.reduce((all, { delta }) => all + delta, 0);
  const total = sum(packages) + sum(found.overhead);
  const uneven = packages.filter((p) => p.symbols && sum(p.symbols) !== p.delta);
  console.log(`ko ${FROM}..${TO}: ${found.old} → ${found.new}, ${found.delta} bytes`);
  console.log(`packages and overhead sum to ${total}: ${total === found.delta ? "exact" : "NOT EXACT"}`);
  console.log(`packages whose symbols do not sum to them: ${uneven.length}`);
  console.log(`packages that grew by more than ${NOTABLE} bytes: ${grown.length}, with an edge ${explained.size}`);
  for (const { path, delta } of grown) if (!explained.has(path)) console.log(`NO EDGE: ${path} ${delta}`);
}
