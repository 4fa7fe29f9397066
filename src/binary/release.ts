/**
 * Gives the memory of large arrays back at once, for what comes next: the collector would let it pile up. They must not be used
 * afterwards, nor anything else that stands in their buffers.
 */
export function release(...arrays: readonly ArrayBufferView[]): void {
  for (const { buffer } of arrays) if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
}
