// The data of the HTML report: its packed form, and the tree that the page's script makes of it.

/** What html.ts packs into the page. Kinds are indices of `kinds`. */
export interface PageData {
  readonly size: number;
  readonly name: string;
  /** What shares are of: "the file". */
  readonly whole: string;
  /** Name, colour and meaning. */
  readonly kinds: readonly (readonly [name: string, colour: string, meaning: string])[];
  readonly modules: readonly PageModule[];
  readonly overhead: readonly (readonly [name: string, kind: number, bytes: number])[];
}

export type PageModule = readonly [path: string, version: string, role: string, packages: readonly PagePackage[]];

/**
 * `sums` and `symbols` are runs of a bit mask of kinds and the bytes of each kind in it; names are separated by newlines, in the order
 * of `symbols`, a leading tab standing for the package's path and a dot.
 */
export type PagePackage = readonly [
  path: string,
  sums: readonly number[],
  names: string,
  symbols: readonly number[],
  note?: string,
];

export interface PageNode {
  readonly type: "file" | "module" | "overhead" | "package" | "symbol";
  readonly name: string;
  /** Text for a cell: the name without what its surroundings say. */
  readonly label: string;
  readonly note: string;
  readonly parent: PageNode | undefined;
  /** Largest value first. */
  readonly children: PageNode[];
  /** Kinds that it has bytes of, ascending, and how many of each. */
  own: readonly number[];
  parts: readonly number[];
  bytes: number;
  /** Bytes of the kinds that are switched on. */
  value: number;
}

/** Unpacks the tree. Written into the page as its own source text: it refers to nothing outside itself. */
export function unpack(data: PageData): PageNode {
  function create(
    type: PageNode["type"],
    parent: PageNode | undefined,
    name: string,
    label: string,
    note = "",
  ): PageNode {
    const node: PageNode = { type, name, label, note, parent, children: [], own: [], parts: [], bytes: 0, value: 0 };
    parent?.children.push(node);
    return node;
  }

  function fill(node: PageNode, own: readonly number[], parts: readonly number[]): void {
    node.own = own;
    node.parts = parts;
    node.bytes = node.value = parts.reduce((a, b) => a + b, 0);
  }

  function total(node: PageNode): void {
    const sums = data.kinds.map(() => 0);
    for (const child of node.children) child.own.forEach((k, i) => (sums[k] += child.parts[i]));
    const own = sums.flatMap((bytes, k) => (bytes > 0 ? [k] : []));
    fill(
      node,
      own,
      own.map((k) => sums[k]),
    );
  }

  function bits(mask: number): number[] {
    return data.kinds.flatMap((_, k) => ((mask >> k) & 1 ? [k] : []));
  }

  /** The name that a package of this path most likely has: "github.com/x/yaml/v3" → "yaml". */
  function lastName(path: string): string {
    const parts = path.split("/");
    return (/^v\d+$/.test(parts.at(-1)!) && parts.at(-2)) || parts.at(-1)!;
  }

  const root = create("file", undefined, data.name, data.name);
  for (const [path, version, role, packages] of data.modules) {
    const note = [version, role].filter((word) => word !== "" && word !== path).join(" · ");
    const module = create("module", root, path, path, note);
    for (const [pkg, sums, names, symbols, remark] of packages) {
      const short = pkg.startsWith(`${path}/`) ? pkg.slice(path.length + 1) : pkg === path ? lastName(pkg) : pkg;
      const node = create("package", module, pkg, short, remark);
      fill(node, bits(sums[0]), sums.slice(1));
      const left = new Map(node.own.map((k, i) => [k, node.parts[i]]));
      let at = 0;
      for (const name of symbols.length === 0 ? [] : names.split("\n")) {
        const own = bits(symbols[at++]);
        const parts = symbols.slice(at, at + own.length);
        at += own.length;
        own.forEach((k, i) => left.set(k, left.get(k)! - parts[i]));
        const local = name.startsWith("\t");
        const label = local ? name.slice(1) : name;
        fill(
          create("symbol", node, local ? `${pkg}.${label}` : label || "(unnamed)", label || "(unnamed)"),
          own,
          parts,
        );
      }
      const rest = [...left].filter(([, bytes]) => bytes > 0);
      if (rest.length > 0 && node.children.length > 0) {
        const small = create("symbol", node, "smaller symbols", "smaller symbols");
        fill(
          small,
          rest.map(([k]) => k),
          rest.map(([, bytes]) => bytes),
        );
      }
    }
    total(module);
  }
  if (data.overhead.length > 0) {
    const overhead = create("overhead", root, "overhead", "overhead", "the file format's own bytes");
    for (const [name, kind, bytes] of data.overhead) fill(create("package", overhead, name, name), [kind], [bytes]);
    total(overhead);
  }
  total(root);
  return root;
}
