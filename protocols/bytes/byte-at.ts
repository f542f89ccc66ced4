/** The byte at an index, 0 past the end: for loops whose bounds were checked before. */
export function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0
}
