// What Explain promises, measured: node bench/explain.ts [section …], all sections by default.
const SECTIONS: Readonly<Record<string, () => Promise<void>>> = {
  reach: async () => (await import("./explain/reach.ts")).reach(),
  removed: async () => (await import("./explain/removed.ts")).removed(),
  blockers: async () => (await import("./explain/blockers.ts")).blockers(),
};

const words = process.argv.slice(2);
for (const word of words)
  if (!(word in SECTIONS)) throw new Error(`no section ${word}: ${Object.keys(SECTIONS).join(", ")}`);
for (const [name, run] of Object.entries(SECTIONS)) {
  if (words.length > 0 && !words.includes(name)) continue;
  console.log(`\n## ${name}\n`);
  await run();
}
