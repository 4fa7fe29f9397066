// A process that is a program for wasip1: its file and its arguments are ours.
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const [, , file, ...args] = process.argv;
const wasi = new WASI({
  version: "preview1",
  args: [file, ...args],
  // Go takes the working directory from there
  env: { ...process.env, PWD: process.cwd() },
  preopens: { "/": "/" },
});
const { instance } = await WebAssembly.instantiate(readFileSync(file), wasi.getImportObject() as WebAssembly.Imports);
process.exitCode = wasi.start(instance);
