// Puts a variant into the text of a pare.yaml, as the chosen one or beside the user's own; everything else in it stays as it was written.
import { isDeepStrictEqual } from "node:util";
import {
  Document,
  isCollection,
  isMap,
  isPair,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  type ToStringOptions,
  type YAMLMap,
} from "yaml";
import type { Chosen, ConfigVariant } from "./schema.ts";

const STYLE: ToStringOptions = { lineWidth: 0, flowCollectionPadding: true };

/** The text with `chosen` set. The text must be one that readConfig takes; "" for a new file. */
export function withChosen(text: string, chosen: Chosen): string {
  const value = JSON.parse(JSON.stringify(chosen)) as Record<string, unknown>;
  const document = parseDocument(text);
  const wanted = { ...(document.toJS() as object | null), chosen: value };
  const next = spliced(text, document, value);
  // what stands around it may forbid it there (a flow map, the end of the document): then the whole is written anew
  if (isDeepStrictEqual(valueOf(next), wanted)) return next;
  document.set("chosen", document.createNode(value));
  return document.toString(STYLE);
}

/**
 * The text with a variant of the lab's set, in place of an older one of that name. The text must be one that readConfig takes. What it
 * says otherwise stays, remarks too, but blanks may change where there are settings of the lab already.
 */
export function withVariant(text: string, name: string, variant: ConfigVariant): string {
  const document = parseDocument(text);
  const isNew = !document.has("lab");
  document.setIn(["lab", "variants", name], document.createNode(JSON.parse(JSON.stringify(variant))));
  const alone = new Document({ lab: { variants: { [name]: variant } } });
  const added = `${text}${text === "" ? "" : text.endsWith("\n") ? "\n" : "\n\n"}${alone.toString(STYLE)}`;
  return isNew && isDeepStrictEqual(valueOf(added), document.toJS()) ? added : document.toString(STYLE);
}

function valueOf(text: string): unknown {
  const document = parseDocument(text);
  return document.errors.length > 0 ? undefined : document.toJS();
}

function spliced(text: string, document: ReturnType<typeof parseDocument>, value: Record<string, unknown>): string {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const { contents } = document;
  const pair = isMap(contents)
    ? (contents.items.find(({ key }) => key instanceof Scalar && key.value === "chosen") as Pair<Node, Node | null>)
    : undefined;
  const block = `chosen:\n${lines(document.createNode(value) as YAMLMap, 2).join("\n")}`.replaceAll("\n", eol);
  if (pair === undefined) {
    const before = text === "" || text.endsWith("\n") ? text : text + eol;
    return `${before}${before === "" ? "" : eol}${block}${eol}`;
  }
  const map = pair.value;
  let start = pair.key.range![0];
  let written = block;
  const end = map === null ? pair.key.range![1] + 1 : lastOf(map).range![1];
  if (isMap(map) && map.flow !== true && map.items.length > 0) {
    // remarks within it stay with what they speak of; those in front of it and behind it are text that is not touched
    for (let node: Node | undefined = map; node !== undefined; node = lastIn(node)) node.comment = null;
    for (const node of [map, map.items[0].key as Node]) node.commentBefore = null;
    start = map.range![0];
    const column = start - (text.lastIndexOf("\n", start - 1) + 1);
    update(map, value, document);
    written = lines(map, column).join(eol).slice(column);
  }
  const rest = text.slice(end);
  return text.slice(0, start) + written + (rest === "" ? eol : rest);
}

/** A map in block style, each line with so many blanks in front. */
function lines(map: YAMLMap, column: number): string[] {
  const alone = new Document();
  alone.contents = map as never;
  return alone
    .toString(STYLE)
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => " ".repeat(column) + line);
}

/** The last item of a collection in block style, whose end is the collection's: it counts remarks that follow as its own. */
function lastIn(node: Node): Node | undefined {
  if (!isCollection(node) || node.flow === true) return undefined;
  const last = node.items.at(-1) as Node | Pair<Node, Node | null> | undefined;
  return isPair(last) ? (last.value ?? last.key) : last;
}

function lastOf(node: Node): Node {
  const last = lastIn(node);
  return last === undefined ? node : lastOf(last);
}

function update(map: YAMLMap, value: Record<string, unknown>, document: ReturnType<typeof parseDocument>): void {
  for (const { key } of [...map.items] as Pair<Scalar>[]) if (!(String(key.value) in value)) map.delete(key.value);
  for (const [key, next] of Object.entries(value)) {
    const old = map.get(key, true);
    const same = old !== undefined && isDeepStrictEqual((old as unknown as Node).toJS(document), next);
    if (!same) map.set(key, document.createNode(next));
  }
}
