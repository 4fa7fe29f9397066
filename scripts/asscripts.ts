// Makes scripts of chunks that start with the command, for src/cli/compiled.ts: V8 gives what it has compiled of a script when a run is
// over, of a module only what ran while it loaded.
import { createHash } from "node:crypto";
import path from "node:path";
import type { Rolldown } from "tsdown";

/** A part of a syntax tree, as far as it is read here. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

interface Program extends Node {
  readonly body: readonly Node[];
}

type Edit = readonly [node: Pick<Node, "start" | "end">, text: string];

/** The module that loads scripts, by its path in the output, and what it gives each. */
const LOADER = "cli/compiled.js";
const GIVEN = "load$,later$,native$,compiled$,url$";

/**
 * A plugin: `starts` are the modules that are imported dynamically where a command begins. Their chunks, and all that those import,
 * become `NAME.script.js`; in their place stand modules with the same exports, for chunks that remain modules.
 */
export function asScripts(starts: readonly string[]): Rolldown.Plugin {
  return {
    name: "as-scripts",
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((each) => each.type === "chunk");
      const scripts = closure(chunks, starts);
      const hash = createHash("sha256");
      for (const { fileName, code } of [...scripts].sort((a, b) => (a.fileName < b.fileName ? -1 : 1)))
        hash.update(`${fileName}\0${code}\0`);
      const build = hash.digest("hex").slice(0, 16);
      const names = new Set([...scripts].map(({ fileName }) => fileName));
      for (const chunk of chunks) {
        if (!scripts.has(chunk) && !chunk.isEntry) continue;
        const program = this.parse(chunk.code) as unknown as Program;
        const made = rewritten(chunk.fileName, chunk.code, program, names, build);
        if (!scripts.has(chunk)) {
          chunk.code = made.code;
          continue;
        }
        const name = nameOf(chunk.fileName);
        this.emitFile({
          type: "asset",
          fileName: `${name}.script.js`,
          source: `(function(${GIVEN}){"use strict";${made.code}})`,
        });
        const exported = made.exported.map(({ as }) => `export const ${as}=all.${as};`).join("");
        chunk.code = `import{load}from"${relative(chunk.fileName, LOADER)}";const all=load("${name}");${exported}`;
      }
    },
  };
}

function nameOf(fileName: string): string {
  return fileName.replace(/\.js$/, "");
}

/** How one file of the output names another. */
function relative(from: string, to: string): string {
  const specifier = path.posix.relative(path.posix.dirname(from), to);
  return specifier.startsWith(".") ? specifier : `./${specifier}`;
}

function closure(chunks: readonly Rolldown.OutputChunk[], starts: readonly string[]): Set<Rolldown.OutputChunk> {
  const reached = new Set<Rolldown.OutputChunk>();
  const reach = (chunk: Rolldown.OutputChunk): void => {
    if (reached.has(chunk)) return;
    reached.add(chunk);
    for (const other of chunks) if (chunk.imports.includes(other.fileName)) reach(other);
  };
  for (const start of starts) {
    const chunk = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith(`/${start}`));
    if (chunk === undefined) throw new Error(`no chunk begins with ${start}`);
    reach(chunk);
  }
  return reached;
}

/** Of a script the imports are made calls and values, the exports what it answers; of a module only what it imports dynamically changes. */
function rewritten(
  fileName: string,
  code: string,
  program: Program,
  scripts: ReadonlySet<string>,
  build: string,
): { code: string; exported: readonly Exported[] } {
  const isScript = scripts.has(fileName);
  const edits: Edit[] = [];
  const exported: Exported[] = [];
  /** The script that a specifier names, if it names one. */
  const scriptOf = (specifier: string): string | undefined => {
    const target = path.posix.join(path.posix.dirname(fileName), specifier);
    return specifier.startsWith(".") && scripts.has(target) ? nameOf(target) : undefined;
  };
  for (const node of program.body) {
    if (!isScript) break;
    if (node.type === "ImportDeclaration") {
      const { source, specifiers } = node as unknown as { source: { value: string }; specifiers: readonly Specifier[] };
      const script = scriptOf(source.value);
      if (script !== undefined) edits.push([node, `const{${specifiers.map(pattern).join(",")}}=load$("${script}");`]);
      else throw new Error(`${fileName} starts with the command, and imports ${source.value}`);
    } else if (node.type === "ExportNamedDeclaration") {
      const { specifiers } = node as unknown as { specifiers: readonly { local: Named; exported: Named }[] };
      for (const { local, exported: as } of specifiers) exported.push({ local: local.name, as: as.name });
      edits.push([node, ""]);
    } else if (/^(?:Export|Import)/.test(node.type)) throw new Error(`${fileName}: ${node.type}`);
  }
  visit(program, (node) => {
    if (node.type === "AssignmentExpression" || node.type === "UpdateExpression") {
      // exports are values here, not bindings
      const { left, argument } = node as unknown as Partial<Record<"left" | "argument", Partial<Named>>>;
      const name = (left ?? argument)?.name;
      if (exported.some(({ local }) => local === name))
        throw new Error(`${fileName}: ${name} is exported, and changes`);
    } else if (node.type === "ImportExpression") {
      const { source } = node as unknown as { source: Node };
      const specifier = /^[`"']([^`"'$]*)[`"']$/.exec(code.slice(source.start, source.end))?.[1];
      if (specifier === undefined) throw new Error(`${fileName}: import(${code.slice(source.start, source.end)})`);
      const script = scriptOf(specifier);
      const loader = relative(fileName, LOADER);
      if (script !== undefined)
        edits.push([node, isScript ? `later$("${script}")` : `import("${loader}").then(({load})=>load("${script}"))`]);
      else if (isScript) edits.push([{ start: node.start, end: source.start }, "native$("]);
    } else if (node.type === "MemberExpression") {
      const { object, property } = node as unknown as { object: Node; property: Named };
      if (object.type === "MetaProperty" && isScript)
        edits.push([node, property.name === "compiled" ? `compiled$("${build}")` : `${property.name}$`]);
    }
  });
  let made = code;
  for (const [{ start, end }, text] of edits.sort(([a], [b]) => b.start - a.start))
    made = made.slice(0, start) + text + made.slice(end);
  if (isScript) made += `;return{${exported.map(({ local, as }) => `${as}:${local}`).join(",")}}`;
  return { code: made, exported };
}

/** The variable that is exported, and as what. */
interface Exported {
  readonly local: string;
  readonly as: string;
}

interface Named {
  readonly name: string;
}

interface Specifier {
  readonly type: string;
  readonly local: Named;
  readonly imported: Named;
}

function pattern({ type, local, imported }: Specifier): string {
  if (type !== "ImportSpecifier") throw new Error(`${local.name} is imported as a whole`);
  return `${imported.name}:${local.name}`;
}

function visit(node: Node, seen: (node: Node) => void): void {
  seen(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value as unknown])
      if (typeof child === "object" && child !== null && "type" in child) visit(child as Node, seen);
  }
}
