// Two texts → a unified diff, as diff -u and git apply read it.
import { visible } from "./escape.ts";

const CONTEXT = 3;
/** Numbers that the search may remember; texts with more differences are shown as one replacement. */
const MAX_TRACE = 8_000_000;

/** "a/path" and "b/path" stand in front; control characters in lines are shown, not sent. "" for equal texts. */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return "";
  const old = linesOf(before);
  const now = linesOf(after);
  const lines: string[] = [`--- a/${visible(path)}`, `+++ b/${visible(path)}`];
  const ops = edits(old, now);
  for (let i = 0; i < ops.length;) {
    if (ops[i].sign === " ") {
      i++;
      continue;
    }
    let end = i;
    for (let k = i; k < ops.length && k - end <= 2 * CONTEXT; k++) if (ops[k].sign !== " ") end = k + 1;
    const from = Math.max(0, i - CONTEXT);
    const to = Math.min(ops.length, end + CONTEXT);
    const hunk = ops.slice(from, to);
    const count = (without: string): number => hunk.filter(({ sign }) => sign !== without).length;
    lines.push(`@@ -${range(hunk[0].old, count("+"))} +${range(hunk[0].now, count("-"))} @@`);
    for (const { sign, text } of hunk) {
      lines.push(sign + shown(text.replace(/\n$/, "")));
      if (!text.endsWith("\n")) lines.push("\\ No newline at end of file");
    }
    i = to;
  }
  return `${lines.join("\n")}\n`;
}

/** Tabs stay tabs, so that the patch can be applied. */
function shown(line: string): string {
  return line.split("\t").map(visible).join("\t");
}

function range(start: number, count: number): string {
  return count === 1 ? `${start + 1}` : `${count === 0 ? start : start + 1},${count}`;
}

function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

interface Op {
  readonly sign: " " | "-" | "+";
  readonly text: string;
  /** Lines of either text in front of this one. */
  readonly old: number;
  readonly now: number;
}

/** The shortest way from one list of lines to the other (Myers, "An O(ND) Difference Algorithm"). */
function edits(a: readonly string[], b: readonly string[]): Op[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const ops: Op[] = [];
  let old = 0;
  let now = 0;
  const push = (sign: Op["sign"], text: string): void => {
    ops.push({ sign, text, old, now });
    if (sign !== "+") old++;
    if (sign !== "-") now++;
  };
  for (let i = 0; i < head; i++) push(" ", a[i]);
  for (const [sign, text] of middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail))) push(sign, text);
  for (let i = a.length - tail; i < a.length; i++) push(" ", a[i]);
  return ops;
}

function middle(a: readonly string[], b: readonly string[]): [Op["sign"], string][] {
  const most = a.length + b.length;
  const trace: Int32Array[] = [];
  let furthest = new Int32Array(2 * most + 3);
  const at = (k: number): number => k + most + 1;
  for (let d = 0; d <= most && d * furthest.length <= MAX_TRACE; d++) {
    trace.push(furthest.slice());
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && furthest[at(k - 1)] < furthest[at(k + 1)]);
      let x = down ? furthest[at(k + 1)] : furthest[at(k - 1)] + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      furthest[at(k)] = x;
      if (x >= a.length && x - k >= b.length) return walkBack(a, b, trace, at);
    }
    furthest = furthest.slice();
  }
  return [...a.map((text): [Op["sign"], string] => ["-", text]), ...b.map((text): [Op["sign"], string] => ["+", text])];
}

function walkBack(
  a: readonly string[],
  b: readonly string[],
  trace: readonly Int32Array[],
  at: (k: number) => number,
): [Op["sign"], string][] {
  const ops: [Op["sign"], string][] = [];
  let x = a.length;
  let y = b.length;
  for (let d = trace.length - 1; d >= 0; d--) {
    const furthest = trace[d];
    const k = x - y;
    const down = k === -d || (k !== d && furthest[at(k - 1)] < furthest[at(k + 1)]);
    const before = down ? k + 1 : k - 1;
    const toX = furthest[at(before)];
    const toY = toX - before;
    while (x > toX && y > toY && x > 0 && y > 0) {
      ops.push([" ", a[--x]]);
      y--;
    }
    if (d === 0) break;
    if (down) ops.push(["+", b[--y]]);
    else ops.push(["-", a[--x]]);
  }
  return ops.reverse();
}
