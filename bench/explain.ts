// What Explain promises, measured: node bench/explain.ts [section | section:program …], all sections by default.
const SECTIONS: Readonly<Record<string, (only?: string) => Promise<void>>> = {
  reach: async () => (await import("./explain/reach.ts")).reach(),
  removed: async (only) => (await import("./explain/removed.ts")).removed(only),
  blockers: async () => (await import("./explain/blockers.ts")).blockers(),
  time: async () => (await import("./explain/time.ts")).time(),
  diff: async () => (await import("./explain/diff.ts")).diff(),
};

const words = process.argv.slice(2);
for (const word of words.length > 0 ? words : Object.keys(SECTIONS)) {
  const [name, only] = word.split(":");
  if (!(name in SECTIONS)) throw new Error(`no section ${name}: ${Object.keys(SECTIONS).join(", ")}`);
  console.log(`\n## ${word}\n`);
  await SECTIONS[name](only);
}
