// The command line that makes a variant, ready to copy.
import type { Variant } from "./model.ts";

/** Words of a command, and of a second one that changes its file. */
export interface Commands {
  readonly build: readonly string[];
  readonly pack?: readonly string[];
}

/** `name` is what the file is called. */
export function commandsOf(variant: Variant, pkg: string, name: string): Commands {
  const { tool, flags, env, pack } = variant;
  const settings = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  const build = [...settings, tool, "build", ...flags, "-o", name, pkg];
  if (!pack) return { build };
  return {
    build,
    pack: pack.tool === "upx" ? ["upx", ...pack.args, name] : ["wasm-opt", ...pack.args, name, "-o", name],
  };
}
