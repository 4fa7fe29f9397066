// The examples of knowledge entries as programs.
import { type LinkedModule, type Program, programOf } from "../../src/advice/program.ts";
import type { Scene } from "../../src/advice/schema.ts";

/** Go version of scenes that name none. */
const GO = "go1.26.8";

/** A package belongs to the module whose path it begins with, the longest; the rest is the standard library's. */
export function programOfScene(scene: Scene): Program {
  const modules = (scene.modules ?? []).map((text) => {
    const [path, version] = text.split("@");
    return { path, version, packages: [path] };
  });
  const std = { path: "std", version: "", packages: [] as string[] };
  for (const path of scene.packages ?? []) {
    const owners = modules.filter((module) => path.startsWith(`${module.path}/`));
    const owner = owners.sort((a, b) => b.path.length - a.path.length)[0] ?? std;
    if (!owner.packages.includes(path)) owner.packages.push(path);
  }
  const all: LinkedModule[] = std.packages.length > 0 ? [...modules, std] : modules;
  return programOf(all, scene.go ?? GO, scene.tags);
}

/** Import path of the package that a symbol's linker name begins with. */
export function packageOfSymbol(symbol: string): string {
  const slash = symbol.lastIndexOf("/", symbol.indexOf("(") < 0 ? undefined : symbol.indexOf("("));
  return symbol.slice(0, symbol.indexOf(".", slash));
}
