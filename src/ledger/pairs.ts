// Pairs of numbers, numbered.
import { wider } from "../binary/memory.ts";

/** Numbers pairs in order of first appearance: open addressing, no allocation per pair. */
export class Pairs {
  count = 0;
  first: Uint32Array = new Uint32Array(LEAST);
  second: Uint32Array = new Uint32Array(LEAST);
  /** Places hold the number of a pair, plus one; at most half of them are taken. */
  private table = new Uint32Array(LEAST * 4);

  /** The number of a pair, which it gets if it has none. */
  index(first: number, second: number): number {
    const place = this.placeOf(first, second);
    const known = this.table[place];
    if (known !== 0) return known - 1;
    if (this.count === this.first.length) this.grow();
    this.first[this.count] = first;
    this.second[this.count] = second;
    this.count++;
    if (this.count * 2 > this.table.length) this.widen();
    else this.table[place] = this.count;
    return this.count - 1;
  }

  /** The number of a pair; −1 if it has none. */
  find(first: number, second: number): number {
    return this.table[this.placeOf(first, second)] - 1;
  }

  /** The place of a pair, or the free one where it would stand. */
  private placeOf(first: number, second: number): number {
    const { table } = this;
    const mask = table.length - 1;
    let place = hash(first, second) & mask;
    for (let pair = table[place]; pair !== 0; pair = table[place]) {
      if (this.first[pair - 1] === first && this.second[pair - 1] === second) break;
      place = (place + 1) & mask;
    }
    return place;
  }

  private grow(): void {
    this.first = wider(this.first, this.count * 2);
    this.second = wider(this.second, this.count * 2);
  }

  private widen(): void {
    this.table = new Uint32Array(this.table.length * 2);
    for (let i = 0; i < this.count; i++) this.table[this.placeOf(this.first[i], this.second[i])] = i + 1;
  }
}

/** Room for so many pairs at first: a power of two. */
const LEAST = 1024;

function hash(a: number, b: number): number {
  let h = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  h ^= h >>> 15;
  return Math.imul(h, 0xc2b2ae35) >>> 0;
}
