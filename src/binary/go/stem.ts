// Names that the compiler makes up: one more closure in a function, or one more field in a struct, gives new names to what is otherwise
// the same.

/**
 * A symbol's name with "#" for the numbers that the compiler counts: closures, range bodies and wrappers (ir.closureName in
 * cmd/compile/internal/ir/func.go), static temporaries, init functions, caches of type switches, local types.
 */
function withoutNumbers(name: string): string {
  return name.replace(/(\.func|\.gowrap|\.deferwrap|stmp_|\.init\.|\.|-range|·)\d+(?=$|[.\-·,\]])/g, "$1#");
}

const SHAPE = "go.shape.";

/**
 * The name with "#" for shapes that are spelled out, or hashed when that gets too long (shapify in cmd/compile/internal/noder/reader.go):
 * "F[go.shape.struct { A int },go.shape.int]" → "F[go.shape.#,go.shape.int]".
 */
function withoutShapes(name: string): string {
  let out = "";
  let from = 0;
  for (let at = name.indexOf(SHAPE); at >= 0; at = name.indexOf(SHAPE, from)) {
    const begin = at + SHAPE.length;
    const end = endOfArgument(name, begin);
    const shape = name.slice(begin, end);
    out += name.slice(from, begin) + (shape.includes("{") || /^[0-9a-f]{64}$/.test(shape) ? "#" : shape);
    from = end;
  }
  return out + name.slice(from);
}

/** Where a type argument ends: at the comma or bracket outside of all brackets opened in it, and outside of struct tags. */
function endOfArgument(name: string, begin: number): number {
  let depth = 0;
  for (let i = begin; i < name.length; i++) {
    const c = name[i];
    if (c === '"') {
      for (i++; i < name.length && name[i] !== '"'; i++) if (name[i] === "\\") i++;
    } else if (c === "[" || c === "{" || c === "(") depth++;
    else if (depth === 0 && (c === "," || c === "]")) return i;
    else if (c === "]" || c === "}" || c === ")") depth--;
  }
  return name.length;
}

/** What stays of a name when another build may have numbered and shaped it anew: "main.run.func2.1" and "main.run.func3.1" have one stem. */
export function stemOf(name: string): string {
  return withoutNumbers(name.includes(SHAPE) ? withoutShapes(name) : name);
}
