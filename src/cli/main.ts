#!/usr/bin/env node
// The entry: nothing is loaded before Node is known to be new enough and the compile cache is on.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`pare: Node 22.18 or newer is needed, this is ${process.versions.node}\n`);
  process.exit(3);
}
const { enableCompileCache } = await import("node:module");
enableCompileCache();
const { run } = await import("./program.ts");
process.exitCode = await run(process.argv.slice(2));
