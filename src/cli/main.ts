#!/usr/bin/env node
// The entry: nothing is loaded before Node is known to be new enough.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`pare: Node 22.18 or newer is needed, this is ${process.versions.node}\n`);
  process.exit(3);
}
const argv = process.argv.slice(2);
process.exitCode = argv[0] === "cache" && argv[1] === "prog" ? await cacheProg(argv.slice(2)) : await anyCommand();

/** Each go command starts one of these: nothing is loaded for it that it does not need. */
async function cacheProg(words: readonly string[]): Promise<number> {
  const flags = (await import("./progflags.ts")).plainFlags(words);
  if (flags === undefined) return anyCommand();
  try {
    await (await import("./cacheprog.ts")).progCommand(flags);
    return 0;
  } catch (error) {
    return (await import("./tellerror.ts")).tellError(error, false);
  }
}

async function anyCommand(): Promise<number> {
  const { begin, isLastToLoad, useCompiled } = await import("./ahead.ts");
  const begun = begin(argv, new URL(`./besideworker${import.meta.url.slice(-3)}`, import.meta.url));
  // what Node has compiled of itself fits no other flags: what is needed in any case is loaded before they are set
  const needed = ["node:events", "node:os", "node:path", "node:url", "node:util"];
  // a file is looked at without a process, and the second thread hashes it
  if (argv[0] !== "profile") needed.push("node:child_process");
  if (!begun) needed.push("node:crypto");
  for (const name of needed) process.getBuiltinModule(name);
  process.getBuiltinModule("node:module").enableCompileCache();
  useCompiled(argv[0] === "profile" ? `profile-${begun ? 2 : 1}` : "others");
  const { run } = await import("./program.ts");
  if (argv[0] === "profile") await import("./profile.ts");
  const { keepCompiled, tune } = await import("./engine.ts");
  // of two threads the last to have loaded all sets them: what is loaded under other flags than it was compiled for is compiled anew
  if (!begun || isLastToLoad(begun)) tune(begun ? 2 : 1);
  const code = await run(argv);
  keepCompiled();
  return code;
}
