// Memory of large arrays, taken and given back by hand. What was given back is used again: it is mapped already, nothing piles up until
// the collector comes, and no buffer is ever detached, on which V8 would give up most of what it knows about typed arrays.

/** Smaller buffers are left to the collector. */
const LARGE = 1 << 16;
/** A buffer serves requests down to one in so many of its bytes. */
const MOST_WASTE = 4;
/** Bytes that are kept at most for later requests. */
const MOST_KEPT = 256 << 20;

/** What was given back, by ascending size. */
const free: ArrayBufferLike[] = [];
let kept = 0;
let isShared = false;
let isPoisoned = false;

/** A number of unsigned 32-bit numbers, which are not cleared. */
export function takeU32(count: number): Uint32Array {
  return new Uint32Array(take(count * 4), 0, count);
}

/** A number of signed 32-bit numbers, which are not cleared. */
export function takeI32(count: number): Int32Array {
  return new Int32Array(take(count * 4), 0, count);
}

/** A number of bytes, which are not cleared. */
export function takeU8(count: number): Uint8Array {
  return new Uint8Array(take(count), 0, count);
}

/** A number of signed bytes, which are not cleared. */
export function takeI8(count: number): Int8Array {
  return new Int8Array(take(count), 0, count);
}

/** Gives the whole buffers of arrays back. Neither the arrays nor anything else that stands in their buffers may be used afterwards. */
export function release(...arrays: readonly ArrayBufferView[]): void {
  for (const { buffer } of arrays) {
    if (isPoisoned) new Uint8Array(buffer).fill(0xa5);
    else if (buffer.byteLength >= LARGE && kept + buffer.byteLength <= MOST_KEPT && !free.includes(buffer))
      keep(buffer);
  }
}

/**
 * Gives the buffer of an array that was not taken here back to the system at once. It is detached, which costs what the others avoid: for
 * what is large and comes last.
 */
export function discard({ buffer }: ArrayBufferView): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/** A copy with room for `count` numbers; gives the original back. */
export function wider(array: Uint32Array, count: number): Uint32Array {
  const copy = takeU32(count);
  copy.set(array);
  release(array);
  return copy;
}

/** The same for bytes. */
export function longer(array: Uint8Array, count: number): Uint8Array {
  const copy = takeU8(count);
  copy.set(array);
  release(array);
  return copy;
}

/** Arrays taken from now on can be read by other threads without a copy. */
export function shareMemory(): void {
  isShared = true;
}

/** For tests: whoever uses what was given back reads nonsense at once. */
export function poisonReleased(): void {
  isPoisoned = true;
}

function take(size: number): ArrayBufferLike {
  const i = firstOf(size);
  if (size >= LARGE && i < free.length && free[i].byteLength <= size * MOST_WASTE) {
    const [buffer] = free.splice(i, 1);
    kept -= buffer.byteLength;
    return buffer;
  }
  return isShared ? new SharedArrayBuffer(size) : new ArrayBuffer(size);
}

function keep(buffer: ArrayBufferLike): void {
  free.splice(firstOf(buffer.byteLength), 0, buffer);
  kept += buffer.byteLength;
}

/** Index of the first free buffer of at least so many bytes. */
function firstOf(size: number): number {
  let i = 0;
  while (i < free.length && free[i].byteLength < size) i++;
  return i;
}
