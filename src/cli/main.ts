#!/usr/bin/env node
// The entry: nothing is loaded before Node is known to be new enough and the compile cache is on.
import { plainFlags, type ProgFlags } from "./progflags.ts";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`pare: Node 22.18 or newer is needed, this is ${process.versions.node}\n`);
  process.exit(3);
}
const argv = process.argv.slice(2);
// each go command starts one of these: nothing is loaded for it that it does not need
const flags = argv[0] === "cache" && argv[1] === "prog" ? plainFlags(argv.slice(2)) : undefined;
process.exitCode = flags === undefined ? await anyCommand() : await cacheProg(flags);
// a process that ends by itself waits for what V8 compiles in the background, for code that nobody will run. Not before a failure of the
// last write was told, and only where all was written
if (argv[0] === "profile") setImmediate(() => process.stdout.writableLength === 0 && process.exit());

async function cacheProg(given: ProgFlags): Promise<number> {
  try {
    await (await import("./cacheprog.ts")).progCommand(given);
    return 0;
  } catch (error) {
    return (await import("./tellerror.ts")).tellError(error, false);
  }
}

async function anyCommand(): Promise<number> {
  const { begin, isLastToLoad } = await import("./ahead.ts");
  const begun = begin(argv, new URL(`./besideworker${import.meta.url.slice(-3)}`, import.meta.url));
  // what Node has compiled of itself fits no other flags: what is needed in any case is loaded before they are set
  const needed = ["node:events", "node:os", "node:path", "node:url", "node:util"];
  // a file is looked at without a process, and the second thread hashes it
  if (argv[0] !== "profile") needed.push("node:child_process");
  if (!begun) needed.push("node:crypto");
  for (const name of needed) process.getBuiltinModule(name);
  process.getBuiltinModule("node:module").enableCompileCache();
  const { run } = await import("./program.ts");
  if (argv[0] === "profile") await import("./profile.ts");
  // of two threads the last to have loaded all sets them: what is loaded under other flags than it was compiled for is compiled anew
  if (!begun || isLastToLoad(begun)) (await import("./engine.ts")).tune(begun ? 2 : 1);
  return run(argv);
}
