// The linker's dead-code elimination, run again on the link graph: with symbols taken away, what does it still keep?
// Follows cmd/link/internal/ld/deadcode.go, which has been the same in all that matters since Go 1.21.
import { type LinkGraph, NONE, nodesByName } from "./graph.ts";
import { EDGE, SYMBOL } from "./probegraph.ts";

const REACHED = 1;
const USED_IN_IFACE = 2;
/** The type's methods may be called through interfaces: it was visited as one that is used in an interface. */
const CALLABLE = 4;
const BLOCKED = 8;
/** Somebody that is reached refers to it. */
const WANTED = 16;

/**
 * Symbols whose references count for nothing: the lists of init tasks, which follow from the import order, and what takes the place of
 * initialisers of maps that nobody uses.
 */
const BLIND = /^(?:go:(?:main|runtime|plugin|shlib)\.inittasks|runtime\.mapinitnoop)$/;

/** Facts of a graph that every run needs. */
export interface Ground {
  readonly graph: LinkGraph;
  /** 1 for symbols whose references are not followed. */
  readonly blind: Uint8Array;
}

export function groundOf(graph: LinkGraph): Ground {
  const blind = new Uint8Array(graph.count);
  for (const node of nodesByName(graph, (name) => BLIND.test(name))) blind[node] = 1;
  return { graph, blind };
}

/** What a step of the trail set, where it was no node's state. */
const OF_SIGNATURE = 255;
const OF_NAME = 254;
const OF_REFLECTION = 253;

/** What was changed since a run was asked to remember, so that it can be taken back. */
class Trail {
  count = 0;
  private at = new Uint32Array(1 << 12);
  private was = new Uint8Array(1 << 12);

  push(at: number, was: number): void {
    if (this.count === this.at.length) {
      const [at, was] = [new Uint32Array(this.count * 2), new Uint8Array(this.count * 2)];
      at.set(this.at);
      was.set(this.was);
      [this.at, this.was] = [at, was];
    }
    this.at[this.count] = at;
    this.was[this.count++] = was;
  }

  /** The last step first. */
  takeBack(to: number, each: (at: number, was: number) => void): void {
    while (this.count > to) {
      this.count--;
      each(this.at[this.count], this.was[this.count]);
    }
  }
}

/** One run. Blocking only before `run`; unblocking goes on from where the run stands: what is reached only grows, until it is taken back. */
export class Reach {
  private readonly ground: Ground;
  private readonly state: Uint8Array;
  private readonly signatureUsed: Uint8Array;
  private readonly nameUsed: Uint8Array;
  /** Functions whose reflection is taken for harmless. */
  private readonly lifted: Set<number>;
  private reflectSeen: boolean;
  private stack = new Uint32Array(1 << 12);
  private depth = 0;
  private trail: Trail | undefined;

  constructor(ground: Ground, lifted: ReadonlySet<number> = new Set()) {
    const { graph } = ground;
    this.ground = ground;
    this.lifted = new Set(lifted);
    this.state = new Uint8Array(graph.count);
    this.signatureUsed = new Uint8Array(graph.methods.nameOfSignature.length);
    this.nameUsed = new Uint8Array(graph.methods.names.length);
    this.reflectSeen = graph.dynamic;
  }

  /** Remembers where the run stands from now on; `takeBack` leads there again. */
  remember(): number {
    this.trail ??= new Trail();
    return this.trail.count;
  }

  /** Undoes what was let in since. */
  takeBack(to: number): void {
    this.trail?.takeBack(to, (at, was) => {
      if (was === OF_SIGNATURE) this.signatureUsed[at] = 0;
      else if (was === OF_NAME) this.nameUsed[at] = 0;
      else if (was === OF_REFLECTION) this.reflectSeen = false;
      else this.state[at] = was;
    });
  }

  private setState(node: number, state: number): void {
    this.trail?.push(node, this.state[node]);
    this.state[node] = state;
  }

  isReached(node: number): boolean {
    return (this.state[node] & REACHED) !== 0;
  }

  /** Whether a reached function calls methods that the linker cannot know: then all exported methods stay. */
  get keepsAllMethods(): boolean {
    return this.reflectSeen;
  }

  /** Whether a method is called through an interface or looked up by its name. */
  isCalled(method: number): boolean {
    const { signature, nameOfSignature } = this.ground.graph.methods;
    return this.signatureUsed[signature[method]] !== 0 || this.nameUsed[nameOfSignature[signature[method]]] !== 0;
  }

  /** Whether a method of a type that is used in an interface stays. */
  isKept(method: number): boolean {
    const { methods } = this.ground.graph;
    return (this.state[methods.type[method]] & CALLABLE) !== 0 && this.isWanted(method);
  }

  isUsedInIface(node: number): boolean {
    return (this.state[node] & USED_IN_IFACE) !== 0;
  }

  block(nodes: Iterable<number>): this {
    for (const node of nodes) this.setState(node, this.state[node] | BLOCKED);
    return this;
  }

  /** Begins at the roots. */
  run(): this {
    for (const root of this.ground.graph.roots) this.mark(root);
    this.flood();
    return this;
  }

  /** Lets nodes in again, and what they lead to. */
  unblock(nodes: Iterable<number>): this {
    for (const node of nodes) {
      this.setState(node, this.state[node] & ~BLOCKED);
      if ((this.state[node] & WANTED) !== 0) this.mark(node);
    }
    this.flood();
    return this;
  }

  /** Takes the reflection of functions for what it is again, and goes on from where the run stands. */
  unlift(nodes: Iterable<number>): this {
    for (const node of nodes) {
      this.lifted.delete(node);
      if (this.isReached(node)) this.seeReflection();
    }
    this.flood();
    return this;
  }

  private mark(node: number): void {
    if (node === NONE) return;
    const s = this.state[node];
    if ((s & (REACHED | BLOCKED)) !== 0) {
      if ((s & WANTED) === 0) this.setState(node, s | WANTED);
      return;
    }
    this.setState(node, s | REACHED | WANTED);
    this.push(node);
  }

  private push(node: number): void {
    if (this.depth === this.stack.length) {
      const more = new Uint32Array(this.stack.length * 2);
      more.set(this.stack);
      this.stack = more;
    }
    this.stack[this.depth++] = node;
  }

  /** The type may be in an interface; if it is reached, it is visited once more. */
  private useInIface(node: number): void {
    const s = this.state[node];
    if ((s & USED_IN_IFACE) !== 0) return;
    this.setState(node, s | USED_IN_IFACE);
    if ((s & REACHED) !== 0) this.push(node);
  }

  private flood(): void {
    while (this.depth > 0) this.visit(this.stack[--this.depth]);
  }

  private visit(node: number): void {
    const { graph, blind } = this.ground;
    const { edge, target, flags } = graph;
    if (blind[node] !== 0) return;
    if ((flags[node] & SYMBOL.reflectMethod) !== 0 && !this.lifted.has(node)) this.seeReflection();
    const isType = (flags[node] & SYMBOL.type) !== 0;
    if (isType && graph.dynamic) this.setState(node, this.state[node] | USED_IN_IFACE);
    const boxed = isType && (this.state[node] & USED_IN_IFACE) !== 0;
    if (boxed) this.setState(node, this.state[node] | CALLABLE);
    for (let e = graph.start[node], end = graph.start[node + 1]; e < end; e++) {
      const to = target[e];
      switch (edge[e]) {
        case EDGE.plain:
          // what a boxed type leads to can be had from it by reflection
          if (boxed && to !== NONE && (flags[to] & SYMBOL.type) !== 0) this.useInIface(to);
          this.mark(to);
          break;
        case EDGE.order:
          this.mark(to);
          break;
        case EDGE.iface:
          this.useInIface(to);
          break;
        case EDGE.method:
          if (boxed) this.offer(to);
          break;
        case EDGE.useMethod:
          this.use(this.signatureUsed, to, OF_SIGNATURE);
          break;
        case EDGE.useName:
          this.use(this.nameUsed, to, OF_NAME);
      }
    }
  }

  /** A method of a type that is used in an interface. */
  private offer(method: number): void {
    const type = this.ground.graph.methods.parts[3 * method];
    // the method's own type can be had by reflection whether the method stays or not
    if (type !== NONE) this.useInIface(type);
    if (this.isWanted(method)) this.keep(method);
  }

  private isWanted(method: number): boolean {
    const { signature, nameOfSignature, exported } = this.ground.graph.methods;
    const name = nameOfSignature[signature[method]];
    return (
      (this.reflectSeen && (exported[name] !== 0 || this.ground.graph.dynamic)) ||
      this.signatureUsed[signature[method]] !== 0 ||
      this.nameUsed[name] !== 0
    );
  }

  private keep(method: number): void {
    const { parts } = this.ground.graph.methods;
    for (let p = 3 * method; p < 3 * method + 3; p++) this.mark(parts[p]);
  }

  private use(used: Uint8Array, key: number, what: typeof OF_SIGNATURE | typeof OF_NAME): void {
    if (used[key] !== 0) return;
    used[key] = 1;
    this.trail?.push(key, what);
    const { type, ofSignature, ofName } = this.ground.graph.methods;
    const groups = what === OF_SIGNATURE ? ofSignature : ofName;
    for (let i = groups.start[key]; i < groups.start[key + 1]; i++) {
      const method = groups.items[i];
      if ((this.state[type[method]] & CALLABLE) !== 0) this.keep(method);
    }
  }

  private seeReflection(): void {
    if (this.reflectSeen) return;
    this.reflectSeen = true;
    this.trail?.push(0, OF_REFLECTION);
    const { count, type } = this.ground.graph.methods;
    for (let method = 0; method < count; method++)
      if ((this.state[type[method]] & CALLABLE) !== 0 && this.isWanted(method)) this.keep(method);
  }
}
