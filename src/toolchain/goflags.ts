// Flags of `go build` as text: joined with what the user has on the command line and in GOFLAGS, where a later one replaces an earlier.

/** Words of GOFLAGS, -ldflags and the like; each may stand in quotes as a whole (cmd/internal/quoted). */
export function quotedWords(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare);
}

/** The last value of a flag among words: "-tags=a", "--tags a"; undefined if it is not there. */
export function flagValue(name: string, words: readonly string[]): string | undefined {
  for (let i = words.length - 1; i >= 0; i--) {
    const bare = words[i].replace(/^--?/, "");
    if (bare === words[i]) continue;
    if (bare.startsWith(`${name}=`)) return bare.slice(name.length + 1);
    if (bare === name && i + 1 < words.length) return words[i + 1];
  }
  return undefined;
}

/** The words without a flag and its value. */
function without(name: string, words: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const bare = words[i].replace(/^--?/, "");
    if (bare !== words[i] && bare === name) i++;
    else if (bare === words[i] || !bare.startsWith(`${name}=`)) out.push(words[i]);
  }
  return out;
}

export interface Added {
  /** Words for the linker, behind the user's own. */
  readonly ldflags?: string;
  readonly tags?: readonly string[];
  /** Whole flags, behind all others; one that is there already is not repeated. */
  readonly more?: readonly string[];
}

/** The user's flags with others added. What GOFLAGS says of the same flag is joined too: on the command line it would be replaced. */
export function addFlags(flags: readonly string[], goflags: string, added: Added): string[] {
  const everywhere = [...quotedWords(goflags), ...flags];
  let out = [...flags];
  if (added.tags !== undefined && added.tags.length > 0) {
    const own = (flagValue("tags", everywhere) ?? "").split(/[\s,]+/).filter((tag) => tag !== "");
    out = [...without("tags", out), `-tags=${[...new Set([...own, ...added.tags])].join(",")}`];
  }
  for (const flag of added.more ?? []) {
    if (out.includes(flag)) continue;
    const [name] = flag.replace(/^--?/, "").split("=");
    // patterns of -gcflags add up, any other flag counts once
    out = [...(name === "gcflags" || name === "asmflags" ? out : without(name, out)), flag];
  }
  if (added.ldflags !== undefined) {
    const own = flagValue("ldflags", everywhere) ?? "";
    const known = quotedWords(own);
    const words = added.ldflags.split(" ").filter((word) => !known.includes(word));
    out = [...without("ldflags", out), `-ldflags=${[...(own === "" ? [] : [own]), ...words].join(" ")}`];
  }
  return out;
}
