// Who starts programs of WebAssembly here: Node, for js with Go's own loader, for wasip1 by node:wasi.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface WasmHost {
  /** In front of the program's path. */
  readonly argv: readonly string[];
  /** Settings of its environment; undefined removes one. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** "Node 24.21.0 (wasm_exec_node.js)" */
  readonly name: string;
}

/** Since Go 1.24, and before. */
const LOADERS = ["lib/wasm/wasm_exec_node.js", "misc/wasm/wasm_exec_node.js"];
/** Kilobytes, as in Go's own go_js_wasm_exec. */
const STACK = "--stack-size=8192";
/** All that programs see of the environment: the loader refuses more than 8 KB of it and the arguments together. */
const KEPT = new Set(["PATH", "HOME", "TMPDIR", "LANG", "SystemRoot"]);

/** The host of programs for a system, or why there is none. */
export function wasmHost(goos: string, goroot: string): WasmHost | { readonly reason: string } {
  const node = `Node ${process.versions.node}`;
  const removed = Object.keys(process.env).filter((name) => !KEPT.has(name));
  const env = Object.fromEntries(removed.map((name) => [name, undefined]));
  if (goos === "js") {
    const loader = LOADERS.map((each) => join(goroot, each)).find((each) => existsSync(each));
    if (loader === undefined) return { reason: "this Go came without wasm_exec_node.js" };
    return { argv: [process.execPath, STACK, loader], env, name: `${node} (wasm_exec_node.js)` };
  }
  if (goos !== "wasip1") return { reason: `nothing here starts WebAssembly for ${goos}` };
  // beside this file, in the sources as in what is published
  const program = fileURLToPath(new URL(`./wasihost${import.meta.url.slice(-3)}`, import.meta.url));
  return { argv: [process.execPath, STACK, "--no-warnings", program], env, name: `${node} (node:wasi)` };
}
