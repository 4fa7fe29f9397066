// What Release promises, measured: node bench/release.ts [section | section:program | section:program:runs …], all sections by default.
// Sections: warm, cold, unchanged, memory, kills; programs: ko, yq, age, shfmt. goreleaser takes part if it is on PATH, or named by GORELEASER.
// Ratios travel between machines; all that are compared ran in the same minutes.
const SECTIONS: Readonly<Record<string, (program?: string, count?: number) => Promise<void>>> = {
  warm: async (...how) => (await import("./release/contest.ts")).warm(...how),
  cold: async (...how) => (await import("./release/contest.ts")).cold(...how),
  unchanged: async (...how) => (await import("./release/unchanged.ts")).unchanged(...how),
  memory: async (program) => (await import("./release/limits.ts")).memory(program),
  kills: async (...how) => (await import("./release/limits.ts")).kills(...how),
};

const words = process.argv.slice(2);
for (const word of words.length > 0 ? words : Object.keys(SECTIONS)) {
  const [name, program, count] = word.split(":");
  if (!(name in SECTIONS)) throw new Error(`no section ${name}: ${Object.keys(SECTIONS).join(", ")}`);
  await SECTIONS[name](program, count === undefined ? undefined : Number(count));
}
