// The layout of the HTML report's map: a squarified treemap (Bruls, Huizing, van Wijk 2000) down to symbols, zoned by kind.
import type { PageNode } from "./page.data.ts";

interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface PageCell extends Box {
  readonly node: PageNode;
  /** Index of the kind that a leaf shows; -1 for a frame around others. */
  readonly kind: number;
  /** Bytes that the cell's area stands for. */
  readonly bytes: number;
  readonly level: number;
  /** Height of a frame's title, 0 if it has no room for one. */
  readonly title: number;
}

/**
 * Cells of a node's contents in a box of pixels, frames before what they hold. `on` is a mask of kinds; a leaf's area is in proportion to
 * its bytes of one kind. Written into the page as its own source text: it refers to nothing outside itself.
 */
export function layout(current: PageNode, on: number, width: number, height: number): PageCell[] {
  const TITLE = 17;
  const cells: PageCell[] = [];

  /** Places items, the largest first, in a box. */
  function squarify<T extends { readonly value: number }>(
    items: readonly T[],
    box: Box,
    place: (item: T, box: Box) => void,
  ): void {
    let { x, y, w, h } = box;
    let left = items.reduce((sum, item) => sum + item.value, 0);
    let i = 0;
    while (i < items.length && left > 0 && w > 0 && h > 0) {
      const side = Math.min(w, h);
      const scale = (w * h) / left;
      const most = items[i].value * scale;
      let area = 0;
      let worst = Infinity;
      let end = i;
      for (; end < items.length; end++) {
        const least = items[end].value * scale;
        const next = area + least;
        const ratio = Math.max((side * side * most) / (next * next), (next * next) / (side * side * least));
        if (ratio > worst) break;
        worst = ratio;
        area = next;
      }
      const thick = area / side;
      let at = 0;
      for (; i < end; i++) {
        const length = (items[i].value * scale) / thick;
        place(items[i], w >= h ? { x, y: y + at, w: thick, h: length } : { x: x + at, y, w: length, h: thick });
        at += length;
        left -= items[i].value;
      }
      if (w >= h) {
        x += thick;
        w -= thick;
      } else {
        y += thick;
        h -= thick;
      }
    }
  }

  /** A package: a zone for each kind, and the symbols inside it; where they are too small to tell apart, the zone alone. */
  function zones(node: PageNode, box: Box, level: number): void {
    const shown = node.own.map((kind, i) => ({ kind, value: node.parts[i] })).filter(({ kind }) => (on >> kind) & 1);
    shown.sort((a, b) => b.value - a.value);
    squarify(shown, box, ({ kind, value }, zone) => {
      const area = zone.w * zone.h;
      const parts = area < 60 ? [] : partsOf(node, kind, (4 * value) / area);
      if (parts.length === 0) cells.push({ ...zone, node, kind, bytes: value, level, title: 0 });
      squarify(parts, zone, (part, cell) =>
        cells.push({ ...cell, node: part.node, kind, bytes: part.value, level, title: 0 }),
      );
    });
  }

  /** The symbols' bytes of one kind, the largest first; those below `least` bytes together, in the package's name. */
  function partsOf(node: PageNode, kind: number, least: number): { node: PageNode; value: number }[] {
    const parts: { node: PageNode; value: number }[] = [];
    let small = 0;
    for (const child of node.children) {
      const value = child.parts[child.own.indexOf(kind)] ?? 0;
      if (value >= least) parts.push({ node: child, value });
      else small += value;
    }
    if (small > 0 && parts.length > 0) parts.push({ node, value: small });
    return parts.sort((a, b) => b.value - a.value);
  }

  function frame(node: PageNode, box: Box, level: number): void {
    const { x, y, w, h } = box;
    if (w < 1.5 || h < 1.5 || node.value === 0) return;
    if (level > 1 && node.children.length === 0 && node.own.length === 1) {
      cells.push({ ...box, node, kind: node.own[0], bytes: node.value, level, title: 0 });
      return;
    }
    const room = w > 26 && h > 26;
    const title = level > 0 && w > 46 && h > 34 ? TITLE : 0;
    const inset = level === 0 ? 0 : room ? 2 : 0.5;
    const top = title || inset;
    const inner = { x: x + inset, y: y + top, w: w - 2 * inset, h: h - top - inset };
    if (level > 0) cells.push({ ...box, node, kind: -1, bytes: node.value, level, title });
    // a module of one package needs no second frame
    const only = level > 0 && node.type === "module" && node.children.length === 1 ? node.children[0] : node;
    if (!room || only.children.length === 0 || only.children[0].type === "symbol") zones(only, inner, level);
    else {
      const shown = only.children.filter((child) => child.value > 0);
      squarify(shown, inner, (child, place) => frame(child, place, level + 1));
    }
  }

  frame(current, { x: 0, y: 0, w: width, h: height }, 0);
  return cells;
}
