/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
// The script of the HTML report: draws the map, and answers to mouse, keyboard and search.
import type { PageData, PageNode } from "./page.data.ts";
import type { PageCell } from "./page.layout.ts";

/**
 * Runs in the browser. Written into the page as its own source text and called with those of `unpack` and `layout`: it refers to nothing
 * outside itself.
 */
export async function page(
  unpack: (data: PageData) => PageNode,
  layout: (current: PageNode, on: number, width: number, height: number) => PageCell[],
): Promise<void> {
  const get = (id: string): HTMLElement => document.getElementById(id)!;
  const map = get("map");
  const base = get("base") as HTMLCanvasElement;
  const glass = get("glass") as HTMLCanvasElement;
  const list = get("list");
  const about = get("about");
  const crumbs = get("crumbs");
  const search = get("search") as HTMLInputElement;
  const tip = get("tip");
  const legend = get("legend");
  const MAX_ROWS = 400;

  const packed = Uint8Array.from(atob(get("data").textContent.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const data = (await new Response(stream).json()) as PageData;
  const kinds = data.kinds;

  const root = unpack(data);
  let on = (1 << kinds.length) - 1;
  let current = root;
  let cells: PageCell[] = [];
  let hovered: PageCell | undefined;
  let pinned: PageNode | undefined;
  let found: Set<PageNode> | undefined;
  let query = "";

  function revalue(n: PageNode): void {
    n.value = n.own.reduce((sum, k, i) => sum + ((on >> k) & 1 ? n.parts[i] : 0), 0);
    for (const child of n.children) revalue(child);
    n.children.sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1));
  }

  // ---- words ----

  function size(bytes: number): string {
    if (bytes < 1000) return `${bytes} B`;
    let value = bytes;
    let unit = -1;
    do {
      value /= 1000;
      unit++;
    } while (value >= 999.5 && unit < 2);
    return `${value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)} ${["kB", "MB", "GB"][unit]}`;
  }

  function exact(bytes: number): string {
    return `${String(bytes).replace(/\B(?=(\d{3})+$)/g, ",")} bytes`;
  }

  function share(bytes: number, of: number): string {
    const percent = of > 0 ? (100 * bytes) / of : 0;
    return percent > 0 && percent < 0.05 ? "<0.1 %" : `${percent.toFixed(1)} %`;
  }

  function element(tag: string, className: string, text = ""): HTMLElement {
    const e = document.createElement(tag);
    e.className = className;
    e.textContent = text;
    return e;
  }

  // ---- drawing ----

  function css(name: string): string {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  /** Black or white, whichever reads better on a colour (relative luminance, WCAG). */
  function ink(colour: string): string {
    const channel = (i: number): number => {
      const v = parseInt(colour.slice(i, i + 2), 16) / 255;
      return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5) > 0.3 ? "#10151c" : "#ffffff";
  }

  /** A text cut to a width: paths keep their end, other names their beginning. */
  function fitted(text: string, width: number, context: CanvasRenderingContext2D, path: boolean): string {
    if (context.measureText(text).width <= width) return text;
    const cut = (letters: number): string =>
      path ? `…${text.slice(text.length - letters)}` : `${text.slice(0, letters)}…`;
    let lo = 0;
    let hi = text.length;
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if (context.measureText(cut(mid)).width <= width) lo = mid;
      else hi = mid - 1;
    }
    return lo < 2 ? "" : cut(lo);
  }

  /** What fits of a leaf's name: a method without its receiver before half of the receiver. */
  function cellText({ node: n, kind }: PageCell, width: number, context: CanvasRenderingContext2D): string {
    if (n.label === "(unnamed)") return fitted(kinds[kind][0], width, context, false);
    if (n.type !== "symbol" && n.children.length > 0) return "…";
    const method = n.label.lastIndexOf(").");
    const long = context.measureText(n.label).width > width;
    return fitted(long && method > 0 ? n.label.slice(method + 2) : n.label, width, context, false);
  }

  /** A path cut to a number of letters: its host goes first. */
  function shortPath(text: string, letters: number): string {
    if (text.length <= letters) return text;
    const tail = text.slice(text.length - letters + 1);
    const slash = tail.indexOf("/");
    return `…${slash >= 0 && slash < tail.length / 2 ? tail.slice(slash) : tail}`;
  }

  function prepare(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
    const ratio = window.devicePixelRatio || 1;
    const width = map.clientWidth;
    const height = map.clientHeight;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const context = canvas.getContext("2d")!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.textBaseline = "middle";
    return context;
  }

  function shownIn(n: PageNode): boolean {
    if (!found) return true;
    for (let at: PageNode | undefined = n; at; at = at.parent) if (found.has(at)) return true;
    return false;
  }

  function draw(): void {
    const context = prepare(base);
    const ground = css("--ground");
    const frames = [css("--ground"), css("--frame1"), css("--frame2"), css("--frame3")];
    const text = css("--text");
    const font = css("--font");
    cells = layout(current, on, map.clientWidth, map.clientHeight);
    for (const cell of cells) {
      const { x, y, w, h, kind } = cell;
      const bright = shownIn(cell.node);
      if (kind < 0) {
        context.fillStyle = frames[Math.min(3, cell.level)];
        context.fillRect(x + 0.5, y + 0.5, w - 1, h - 1);
        if (cell.title === 0) continue;
        context.font = `${cell.level === 1 ? "600 " : ""}11.5px ${font}`;
        context.fillStyle = text;
        context.globalAlpha = bright || (found && cell.level === 1) ? 1 : 0.45;
        const room = w - 10;
        const label = fitted(cell.node.label, room, context, true);
        context.fillText(label, x + 5, y + cell.title / 2 + 0.5);
        const used = context.measureText(label).width + 8;
        const bytes = size(cell.bytes);
        context.font = `11px ${font}`;
        if (used + context.measureText(bytes).width <= room) {
          context.globalAlpha *= 0.62;
          context.fillText(bytes, x + 5 + used, y + cell.title / 2 + 0.5);
        }
        context.globalAlpha = 1;
        continue;
      }
      const gap = w > 4 && h > 4 ? 0.5 : w > 1.5 && h > 1.5 ? 0.2 : 0;
      context.globalAlpha = bright ? 1 : 0.16;
      context.fillStyle = kinds[kind][1];
      context.fillRect(x + gap, y + gap, w - 2 * gap, h - 2 * gap);
      if (w > 34 && h > 15 && cell.node !== current && bright) {
        context.font = `11px ${font}`;
        context.fillStyle = ink(kinds[kind][1]);
        context.fillText(cellText(cell, w - 8, context), x + 4, y + Math.min(h / 2, 10));
        const bytes = size(cell.bytes);
        if (h > 30 && context.measureText(bytes).width <= w - 8) {
          context.globalAlpha = 0.75;
          context.fillText(bytes, x + 4, y + 24);
        }
      }
      context.globalAlpha = 1;
    }
    if (cells.length === 0) {
      context.fillStyle = text;
      context.font = `14px ${font}`;
      context.fillText("Nothing of the chosen kinds is in here.", 16, 28);
    }
    base.style.background = ground;
    drawGlass();
  }

  /** Outlines: every cell of what the mouse is on, and of what is pinned. */
  function drawGlass(): void {
    const context = prepare(glass);
    const target = hovered?.node;
    for (const cell of cells) {
      const { x, y, w, h } = cell;
      const isTarget = cell.node === target && (cell.kind < 0 || target?.type === "symbol" || cell === hovered);
      if (!isTarget && cell.node !== pinned) continue;
      context.lineWidth = cell.kind < 0 ? 2 : 1.5;
      context.strokeStyle = cell.node === pinned ? css("--accent") : css("--text");
      context.strokeRect(x + 0.75, y + 0.75, Math.max(1, w - 1.5), Math.max(1, h - 1.5));
    }
  }

  // ---- moving about ----

  function pathOf(n: PageNode): PageNode[] {
    const path: PageNode[] = [];
    for (let at: PageNode | undefined = n; at; at = at.parent) path.unshift(at);
    return path;
  }

  function address(n: PageNode): string {
    return pathOf(n)
      .slice(1)
      .map((at) => encodeURIComponent(at.name))
      .join("&");
  }

  function resolve(hash: string): PageNode {
    let at = root;
    for (const part of hash.replace(/^#/, "").split("&")) {
      const name = decodeURIComponent(part);
      const next = at.children.find((child) => child.name === name);
      if (!next) break;
      at = next;
    }
    return at;
  }

  function go(n: PageNode): void {
    const target = n.type === "symbol" ? n.parent! : n;
    pinned = n.type === "symbol" ? n : undefined;
    if (target === current) {
      drawGlass();
      fill();
      return;
    }
    location.hash = address(target);
  }

  function show(n: PageNode): void {
    const from = cells.find((cell) => cell.kind < 0 && cell.node === n);
    const before = current;
    const old = document.createElement("canvas");
    old.width = base.width;
    old.height = base.height;
    if (base.width > 0) old.getContext("2d")!.drawImage(base, 0, 0);
    current = n;
    hovered = undefined;
    tip.hidden = true;
    draw();
    fill();
    const back = from ? undefined : cells.find((cell) => cell.kind < 0 && cell.node === before);
    animate(old, from, back);
  }

  /** Grows the old picture until the new frame fills the map, or shrinks it into its frame. */
  function animate(old: HTMLCanvasElement, grow: PageCell | undefined, shrink: PageCell | undefined): void {
    const cell = grow ?? shrink;
    if (!cell || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const width = map.clientWidth;
    const height = map.clientHeight;
    const begin = performance.now();
    const step = (now: number): void => {
      const t = Math.min(1, (now - begin) / 260);
      const eased = 1 - (1 - t) ** 3;
      const context = prepare(glass);
      if (t >= 1) {
        drawGlass();
        return;
      }
      const scaleX = grow ? 1 + (width / cell.w - 1) * eased : 1 + (cell.w / width - 1) * eased;
      const scaleY = grow ? 1 + (height / cell.h - 1) * eased : 1 + (cell.h / height - 1) * eased;
      const x = (grow ? -cell.x * scaleX : cell.x) * (grow ? Math.min(1, eased * 1.0001) : eased);
      const y = (grow ? -cell.y * scaleY : cell.y) * (grow ? Math.min(1, eased * 1.0001) : eased);
      context.globalAlpha = 1 - eased;
      context.drawImage(old, x, y, width * scaleX, height * scaleY);
      context.globalAlpha = 1;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  // ---- the list beside the map ----

  function fill(): void {
    crumbs.replaceChildren();
    const path = pathOf(current);
    path.forEach((n, i) => {
      const last = i === path.length - 1;
      const crumb = element(last ? "span" : "button", "crumb", n.type === "file" ? n.name : n.label);
      if (last) crumb.setAttribute("aria-current", "page");
      else crumb.addEventListener("click", () => go(n));
      crumbs.append(crumb);
    });
    describe(pinned ?? current);
    const results = found
      ? [...found].sort((a, b) => b.value - a.value)
      : current.children.filter((child) => child.value > 0);
    list.replaceChildren();
    if (found) {
      const bytes = results.filter((n) => !inFound(n.parent)).reduce((sum, n) => sum + n.value, 0);
      list.append(
        element(
          "p",
          "note",
          results.length === 0 ? `Nothing matches “${query}”.` : `${results.length} matches, ${size(bytes)}`,
        ),
      );
    }
    const most = results.length > 0 ? results[0].value : 1;
    for (const n of results.slice(0, MAX_ROWS)) list.append(row(n, most));
    if (results.length > MAX_ROWS) list.append(element("p", "note", `and ${results.length - MAX_ROWS} more`));
  }

  function inFound(n: PageNode | undefined): boolean {
    for (let at = n; at; at = at.parent) if (found!.has(at)) return true;
    return false;
  }

  function row(n: PageNode, most: number): HTMLElement {
    const button = element("button", n === pinned ? "row pinned" : "row");
    const text = found ? n.name : n.label;
    const name = element("span", "name", n.type === "symbol" ? text : shortPath(text, 36));
    const where =
      n.type === "module" || n.type === "overhead"
        ? n.note
        : found && n.parent && n.parent !== root
          ? n.parent.name
          : "";
    if (where !== "") name.append(element("small", "", where));
    const bar = element("span", "bar");
    bar.style.width = `${Math.max(0.5, (100 * n.value) / most)}%`;
    n.own.forEach((k, i) => {
      if (!((on >> k) & 1)) return;
      const part = element("i", "");
      part.style.flexGrow = String(n.parts[i]);
      part.style.background = kinds[k][1];
      bar.append(part);
    });
    button.append(
      name,
      element("span", "amount", size(n.value)),
      element("span", "share", share(n.value, found ? root.value : current.value)),
      bar,
    );
    button.title = n.name;
    button.addEventListener("click", () => go(n));
    button.addEventListener("mouseenter", () => {
      hovered = cells.find((cell) => cell.node === n);
      drawGlass();
    });
    return button;
  }

  function describe(n: PageNode): void {
    about.replaceChildren();
    about.append(element("p", "type", [n.type, n.note].filter(Boolean).join(" · ")), element("h2", "", n.name));
    const total = element("p", "total");
    total.append(element("b", "", size(n.bytes)), ` ${exact(n.bytes)}, ${share(n.bytes, root.bytes)} of ${data.whole}`);
    about.append(total);
    const table = element("div", "kinds");
    const parts = n.own.map((k, i) => ({ k, bytes: n.parts[i] }));
    for (const { k, bytes } of parts.sort((a, b) => b.bytes - a.bytes)) {
      const dot = element("i", "dot");
      dot.style.background = kinds[k][1];
      table.append(
        dot,
        element("span", "", kinds[k][0]),
        element("span", "amount", size(bytes)),
        element("span", "share", share(bytes, n.bytes)),
      );
    }
    about.append(table);
  }

  function drawLegend(): void {
    legend.replaceChildren();
    const parts = root.own.map((k, i) => ({ k, bytes: root.parts[i] }));
    const bar = get("composition");
    bar.replaceChildren();
    for (const { k, bytes } of parts.sort((a, b) => b.bytes - a.bytes)) {
      const slice = element("i", (on >> k) & 1 ? "" : "off");
      slice.style.flexGrow = String(bytes);
      slice.style.background = kinds[k][1];
      slice.title = `${kinds[k][0]}: ${exact(bytes)}, ${share(bytes, root.bytes)}`;
      bar.append(slice);
      const button = element("button", "kind");
      button.setAttribute("aria-pressed", String(((on >> k) & 1) === 1));
      const dot = element("i", "dot");
      dot.style.background = kinds[k][1];
      button.append(dot, kinds[k][0], element("span", "share", share(bytes, root.bytes)));
      button.title = `${kinds[k][2]}: ${exact(bytes)}. Click: show only this kind; with Shift: switch it on or off.`;
      button.addEventListener("click", (event) => toggle(k, event.shiftKey));
      legend.append(button);
    }
  }

  function toggle(kind: number, add: boolean): void {
    const bit = 1 << kind;
    if (add) on ^= bit;
    else on = on === bit ? (1 << kinds.length) - 1 : bit;
    if (on === 0) on = (1 << kinds.length) - 1;
    revalue(root);
    drawLegend();
    draw();
    fill();
  }

  // ---- events ----

  function cellAt(event: MouseEvent): PageCell | undefined {
    const box = map.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    return cells.findLast((cell) => x >= cell.x && y >= cell.y && x < cell.x + cell.w && y < cell.y + cell.h);
  }

  map.addEventListener("mousemove", (event) => {
    const cell = cellAt(event);
    if (cell !== hovered) {
      hovered = cell;
      drawGlass();
      if (cell) {
        tip.replaceChildren(element("b", "", cell.node.name));
        if (cell.node.note !== "") tip.append(element("span", "", cell.node.note));
        tip.append(
          element("span", "", `${size(cell.node.bytes)} · ${share(cell.node.bytes, root.bytes)} of ${data.whole}`),
        );
        cell.node.own.forEach((k, i) => {
          if (cell.node.parts[i] < cell.node.bytes / 50) return;
          const line = element("span", k === cell.kind ? "part this" : "part");
          const dot = element("i", "dot");
          dot.style.background = kinds[k][1];
          line.append(dot, `${kinds[k][0]} ${size(cell.node.parts[i])}`);
          tip.append(line);
        });
      }
    }
    tip.hidden = !cell;
    const box = map.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    tip.style.left = `${Math.max(4, x + 16 + tip.offsetWidth > box.width ? x - tip.offsetWidth - 12 : x + 16)}px`;
    tip.style.top = `${Math.max(4, y + 16 + tip.offsetHeight > box.height ? y - tip.offsetHeight - 12 : y + 16)}px`;
  });
  map.addEventListener("mouseleave", () => {
    hovered = undefined;
    tip.hidden = true;
    drawGlass();
  });
  map.addEventListener("click", (event) => {
    const cell = cellAt(event);
    if (!cell) return;
    const n = cell.node;
    if (n.type === "symbol" && n.parent !== current) go(n.parent!);
    else go(n);
  });

  function leave(): void {
    if (pinned) go(current);
    else if (current.parent) go(current.parent);
  }

  let byKeyboard = false;
  document.addEventListener("mousedown", () => (byKeyboard = false));
  document.addEventListener("keydown", (event) => {
    byKeyboard = true;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target === search;
    const rows = [...list.querySelectorAll<HTMLButtonElement>("button.row")];
    const at = rows.indexOf(document.activeElement as HTMLButtonElement);
    if (event.key === "/" && !typing) search.focus();
    else if (event.key === "Escape" && (typing || found)) {
      search.value = "";
      find();
      search.blur();
    } else if (event.key === "ArrowDown") (rows[at + 1] ?? rows[0])?.focus();
    else if (event.key === "ArrowUp") (rows[at - 1] ?? rows.at(-1))?.focus();
    else if (event.key === "ArrowRight" && at >= 0) rows[at].click();
    else if ((event.key === "ArrowLeft" || event.key === "Backspace" || event.key === "Escape") && !typing) leave();
    else if (event.key === "Home" && !typing) go(root);
    else return;
    event.preventDefault();
  });

  function find(): void {
    query = search.value.trim();
    const wanted = query.toLowerCase();
    found = undefined;
    if (wanted !== "") {
      const hits = new Set<PageNode>();
      const visit = (n: PageNode): void => {
        if (n !== root && n.value > 0 && n.name.toLowerCase().includes(wanted)) hits.add(n);
        for (const child of n.children) visit(child);
      };
      visit(root);
      found = hits;
    }
    draw();
    fill();
  }

  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = window.setTimeout(find, 120);
  });
  window.addEventListener("hashchange", () => {
    const n = resolve(location.hash);
    if (n !== current) show(n);
    if (byKeyboard) list.querySelector<HTMLButtonElement>("button.row")?.focus({ preventScroll: true });
  });
  new ResizeObserver(draw).observe(map);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

  revalue(root);
  current = resolve(location.hash);
  drawLegend();
  draw();
  fill();
  document.body.dataset["ready"] = "true";
}
