// Patterns of package paths and symbols in the knowledge files.

const cache = new Map<string, RegExp>();

function compile(pattern: string): RegExp {
  const below = pattern.endsWith("/...");
  const body = (below ? pattern.slice(0, -"/...".length) : pattern)
    .replace(/[.+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", "[^/]*");
  return new RegExp(`^${body}${below ? "(?:/.*)?" : ""}$`);
}

/** "/..." at the end: the path and all below it; "*": anything within one element of the path. All other characters are themselves. */
export function matchesPath(pattern: string, path: string): boolean {
  let expression = cache.get(pattern);
  if (expression === undefined) cache.set(pattern, (expression = compile(pattern)));
  return expression.test(path);
}

export function matchesSome(patterns: readonly string[], path: string): boolean {
  return patterns.some((pattern) => matchesPath(pattern, path));
}

/** Names of symbols and types hold stars of their own: only one at the end of the pattern means "whatever follows". */
export function matchesName(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
