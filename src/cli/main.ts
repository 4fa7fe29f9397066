#!/usr/bin/env node
// The entry: nothing is loaded before the compile cache is on.
import { enableCompileCache } from "node:module";

enableCompileCache();
const { run } = await import("./program.ts");
process.exitCode = await run(process.argv.slice(2));
