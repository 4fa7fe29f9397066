// Predicted against measured: what leaves when a module is gone (elimination run again), and what a build without it saves.
// Ten modules of each program, chosen by rank of what is predicted, so that large and small ones are among them.
import { deps } from "../../src/explain/deps.ts";
import { linkModel } from "../../src/explain/model.ts";
import { profile } from "../../src/ledger/profile.ts";
import { measureRemovals } from "../../src/toolchain/removed.ts";
import { caddy, delve, ENV, FLAGS, ko, link } from "./subjects.ts";

const RANKS = [0, 1, 2, 4, 6, 8, 10, 13, 16, 20];

export async function removed(): Promise<void> {
  console.log("| program | module | attributed | retained | build saves | stubs keep | removed | off by |");
  console.log("|---|---|---|---|---|---|---|---|");
  const errors: number[] = [];
  for (const program of [ko(), caddy(), delve()]) {
    const { bytes, testimony } = await link(program);
    if (!testimony) throw new Error("no link probe");
    const model = linkModel(testimony, profile(bytes, { testimony }), { name: program.name, sha256: "" });
    if ("reason" in model) throw new Error(model.reason);
    const modules = deps(model).modules.filter(
      ({ role, retained, path }) => role !== "main" && role !== "std" && retained > 0 && !program.pkg.startsWith(path),
    );
    const chosen = RANKS.flatMap((rank) => modules[rank] ?? []);
    const options = { pkg: program.pkg, cwd: program.cwd, goFlags: FLAGS, env: ENV, guard: () => () => {} };
    const { size, rows } = await measureRemovals(
      chosen.map(({ path }) => path),
      options,
    );
    rows.forEach((removal, i) => {
      const { path, attributed, retained } = chosen[i];
      if ("reason" in removal) {
        const why = `${removal.reason} ${removal.detail}`.replaceAll("\n", " ");
        console.log(`| ${program.name} | ${path} | ${attributed} | ${retained} | ${why} | | | |`);
        return;
      }
      const saves = size - removal.size;
      const total = saves + removal.stubs;
      errors.push(Math.abs(retained / total - 1));
      const off = `${(100 * (retained / total - 1)).toFixed(1)} %`;
      console.log(
        `| ${program.name} | ${path} | ${attributed} | ${retained} | ${saves} | ${removal.stubs} | ${total} | ${off} |`,
      );
    });
  }
  errors.sort((a, b) => a - b);
  const median = errors[errors.length >> 1];
  console.log(
    `\n${errors.length} modules: median ${(100 * median).toFixed(1)} %, worst ${(100 * errors[errors.length - 1]).toFixed(1)} %`,
  );
}
