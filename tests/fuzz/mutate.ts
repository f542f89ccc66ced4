import type { Random } from './random.ts'

/** No input is longer; codecs that take more are fed through their scanners in a row. */
const inputBytesMax = 2_048
/** Bytes that begin, end, escape or fill frames of some protocol, and the edges of numbers. */
const telling = [0x00, 0x01, 0x16, 0x33, 0x68, 0x7e, 0x7f, 0x80, 0x99, 0xaa, 0xee, 0xef, 0xfe, 0xff]

/**
 * Makes one input out of published frames: one of them with a few bytes changed, put in, taken out
 * or repeated, or the head of one with the tail of another, or noise.
 */
export function mutate(seeds: readonly Uint8Array[], random: Random): Uint8Array {
  if (random.below(64) === 0) return noise(random)
  let bytes = Uint8Array.from(pick(seeds, random))
  for (let left = 1 + random.below(4); left > 0; left--) bytes = change(bytes, seeds, random)
  return bytes.length > inputBytesMax ? bytes.slice(0, inputBytesMax) : bytes
}

function change(bytes: Uint8Array<ArrayBuffer>, seeds: readonly Uint8Array[], random: Random) {
  if (bytes.length === 0) return noise(random)
  const at = random.below(bytes.length)
  switch (random.below(8)) {
    case 0:
    case 1:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
      return bytes
    case 2:
      bytes[at] = random.below(256)
      return bytes
    case 3:
      bytes[at] = telling[random.below(telling.length)] ?? 0
      return bytes
    case 4:
      return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(4)))
    case 5:
      return joined(bytes.subarray(0, at), noiseOf(1 + random.below(4), random), bytes.subarray(at))
    case 6: {
      const part = bytes.subarray(at, at + 1 + random.below(16))
      return joined(bytes.subarray(0, at), part, bytes.subarray(at))
    }
    default: {
      const other = pick(seeds, random)
      return joined(bytes.subarray(0, at), other.subarray(random.below(other.length + 1)))
    }
  }
}

function pick(seeds: readonly Uint8Array[], random: Random): Uint8Array {
  const seed = seeds[random.below(seeds.length)]
  if (!seed) throw new Error('invariant broken: nothing to begin with')
  return seed
}

function noise(random: Random): Uint8Array<ArrayBuffer> {
  return noiseOf(4 + random.below(60), random)
}

function noiseOf(length: number, random: Random): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at++) bytes[at] = random.below(256)
  return bytes
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
