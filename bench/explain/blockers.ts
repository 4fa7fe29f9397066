// Are all that turn elimination of methods off among what pare names? A build without their reflective calls tells: then it must be on,
// and the file smaller by what was predicted. whydeadcode is a judge too: the first that it prints is certain. It is built at a pinned
// version, or named by WHYDEADCODE.
import { spawnSync } from "node:child_process";
import { goInstall } from "../../test/fixture.ts";
import { dce } from "../../src/explain/dce.ts";
import { linkModel } from "../../src/explain/model.ts";
import { profile } from "../../src/ledger/profile.ts";
import { inflate } from "../../src/toolchain/inflate.ts";
import { buildCured } from "../../src/toolchain/cured.ts";
import { loadKnowledge } from "../../src/toolchain/knowledge.ts";
import { caddy, ENV, FLAGS, ko, link, nfpm, type Program, yq } from "./subjects.ts";

const JUDGE = "github.com/aarzilli/whydeadcode@v0.0.0-20260303092945-8d908f77de3a";

export async function blockers(): Promise<void> {
  const judge = process.env.WHYDEADCODE ?? goInstall({ module: JUDGE });
  const knowledge = { blockers: loadKnowledge("blockers"), heavy: loadKnowledge("heavy") };
  console.log(
    "| program | blockers | with known cures | predicted gain | measured | off by | elimination then | seconds | whydeadcode's first | among them |",
  );
  console.log("|---|---|---|---|---|---|---|---|---|---|");
  for (const program of [ko(), caddy(), yq(), nfpm()]) {
    const { testimony, bytes } = await link(program);
    if (!testimony) throw new Error("no link probe");
    const model = linkModel(testimony, profile(bytes, { testimony, inflate }), { name: program.name, sha256: "" });
    if ("reason" in model) throw new Error(model.reason);
    const from = performance.now();
    const found = dce(model, { knowledge, std: false });
    const seconds = (performance.now() - from) / 1000;
    const first = firstOf(judge, program);
    const names = new Set(found.blockers.flatMap(({ functions }) => functions.map(({ symbol }) => symbol)));
    const cured = await buildCured(
      found.blockers.flatMap(({ functions }) => functions.map(({ symbol }) => symbol)),
      { pkg: program.pkg, cwd: program.cwd, goFlags: FLAGS, env: ENV, guard: () => () => {} },
    );
    if ("reason" in cured) throw new Error(`${program.name}: ${cured.reason}\n${cured.detail}`);
    const gain = bytes.length - cured.size;
    const cells = [
      program.name,
      found.blockers.length,
      found.blockers.filter(({ cures }) => cures.length > 0).length,
      `${found.gain} (${((100 * found.gain) / bytes.length).toFixed(1)} %)`,
      gain,
      `${((100 * (found.gain - gain)) / gain).toFixed(1)} %`,
      cured.elimination,
      seconds.toFixed(2),
      first === "" ? "none" : `\`${first}\``,
      first === "" ? (names.size === 0 ? "agreed" : "NOT AGREED") : names.has(first) ? "yes" : "NO",
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

/** The first function that whydeadcode names; "" if none. */
function firstOf(judge: string, { cwd, pkg }: Program): string {
  const flags = FLAGS.map((flag) => flag.replace("-ldflags=", "-ldflags=-dumpdep "));
  const linked = spawnSync("go", ["build", ...flags, "-o", process.platform === "win32" ? "NUL" : "/dev/null", pkg], {
    cwd,
    env: { ...process.env, ...ENV },
    encoding: "latin1",
    maxBuffer: 1 << 30,
  });
  if (linked.status !== 0) throw new Error(`go build -ldflags=-dumpdep ${pkg}: ${linked.stderr.slice(0, 1000)}`);
  const said = spawnSync(judge, ["-ignore-unrecognized-input"], {
    input: linked.stderr,
    encoding: "latin1",
    maxBuffer: 1 << 30,
  });
  if (said.status !== 0) throw new Error(`whydeadcode: ${said.stderr}`);
  return / reachable from:/.test(said.stdout) ? said.stdout.slice(0, said.stdout.indexOf(" reachable from:")) : "";
}
