// Predicted against measured: what leaves when a module is gone (elimination run again), and what a build without it saves.
// Ten modules of each program, chosen by rank of what is predicted, so that large and small ones are among them; where a program has not
// as many, the largest packages of those that it has.
import { deps } from "../../src/explain/deps.ts";
import { linkModel } from "../../src/explain/model.ts";
import { profile } from "../../src/ledger/profile.ts";
import { measureRemovals } from "../../src/toolchain/removed.ts";
import { caddy, delve, ENV, FLAGS, ko, link } from "./subjects.ts";

const ROUNDING = 16_384;
const RANKS = [0, 1, 2, 4, 6, 8, 10, 13, 16, 20];

/** Of all three programs, or of one. */
export async function removed(only?: string): Promise<void> {
  console.log("| program | module or package | attributed | retained | build saves | stubs keep | removed | off by |");
  console.log("|---|---|---|---|---|---|---|---|");
  const errors: { share: number; bytes: number }[] = [];
  for (const make of [ko, caddy, delve]) {
    if (only !== undefined && only !== make.name) continue;
    const program = make();
    const { bytes, testimony } = await link(program);
    if (!testimony) throw new Error("no link probe");
    const model = linkModel(testimony, profile(bytes, { testimony }), { name: program.name, sha256: "" });
    if ("reason" in model) throw new Error(model.reason);
    const modules = deps(model).modules.filter(
      ({ role, retained, path }) => role !== "main" && role !== "std" && retained > 0 && !program.pkg.startsWith(path),
    );
    const ranked = RANKS.flatMap((rank) => modules[rank] ?? []);
    const parts = modules
      .flatMap(({ packages }) => (packages.length > 1 ? packages : []))
      .filter(({ path, retained }) => retained > 0 && !modules.some((module) => module.path === path))
      .toSorted((a, b) => b.retained - a.retained);
    const chosen = [...ranked, ...parts.slice(0, RANKS.length - ranked.length)];
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
      const error = { share: total === 0 ? 0 : Math.abs(retained / total - 1), bytes: Math.abs(retained - total) };
      errors.push(error);
      const off = total === 0 ? `${error.bytes} bytes` : `${(100 * (retained / total - 1)).toFixed(1)} %`;
      console.log(
        `| ${program.name} | ${path} | ${attributed} | ${retained} | ${saves} | ${removal.stubs} | ${total} | ${off} |`,
      );
    });
  }
  errors.sort((a, b) => a.share - b.share);
  const percent = (row?: { readonly share: number }): string => (row ? `${(100 * row.share).toFixed(1)} %` : "none");
  // a linked file's segments are rounded to pages: shares of small savings say nothing
  const told = errors.filter(({ bytes }) => bytes > ROUNDING);
  console.log(
    `\n${errors.length} measured: median ${percent(errors[errors.length >> 1])}, worst of those that are off by more than ${ROUNDING} bytes ${percent(told.at(-1))}`,
  );
}
