import { toHex } from '#protocols/bytes'
import type { FrameDescription, Scanner } from '#protocols/model'
import { mutate } from './mutate.ts'
import { Random } from './random.ts'
import type { Target } from './targets.ts'

/** Inputs that share one generator: a failure names the first of its batch to begin again from. */
const batchInputs = 4_096
/** Describing costs many times a decode, so one input of so many is described. */
const describedOneIn = 32
/** A reading, a part and a frame all stand for at least this much of the input. */
const readingsPerByteMax = 8
const partsPerByteMax = 16

/** What an input did that no input may. */
export interface Finding {
  readonly target: string
  readonly seed: number
  readonly hex: string
  readonly problem: string
}

/**
 * Feeds a codec with so many inputs. The same target, seed and count give the same inputs. Ends at
 * the first finding, null where there is none.
 */
export function fuzz(target: Target, inputs: number, firstSeed: number): Finding | null {
  const scanner = target.scanner()
  for (let done = 0, seed = firstSeed; done < inputs; done += batchInputs, seed++) {
    const random = new Random(seed)
    const end = Math.min(batchInputs, inputs - done)
    for (let index = 0; index < end; index++) {
      const bytes = mutate(target.seeds, random)
      if (random.below(8) !== 0) target.repair(bytes)
      const problem = problemWith(target, scanner, bytes, random)
      if (problem) return { target: target.name, seed, hex: toHex(bytes), problem }
    }
  }
  return null
}

function problemWith(
  target: Target,
  scanner: Scanner | null,
  bytes: Uint8Array,
  random: Random,
): string | null {
  try {
    target.take(bytes)
    const scanned = scanner ? scanProblem(scanner, bytes, random) : null
    if (scanned) return scanned
    if (random.below(describedOneIn) !== 0) return null
    return descriptionProblem(target.describe(bytes), bytes)
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
}

/** Frames may come out of earlier input as well, but never more than went in. */
function scanProblem(scanner: Scanner, bytes: Uint8Array, random: Random): string | null {
  if (random.below(16) === 0) scanner.reset()
  const isFresh = !scanner.pending
  const skipped = scanner.skippedBytes
  const cut = random.below(bytes.length + 1)
  const frames = [...scanner.push(bytes.subarray(0, cut)), ...scanner.push(bytes.subarray(cut))]
  if (!isFresh) return null
  const out = frames.reduce((sum, { length }) => sum + length, scanner.skippedBytes - skipped)
  // A flag of HDLC may end one frame and begin the next.
  const inMax = bytes.length + frames.length
  return out > inMax ? `${bytes.length} bytes went in, ${out} came out` : null
}

function descriptionProblem(description: FrameDescription, bytes: Uint8Array): string | null {
  const { readings, parts, valid, error } = description
  if (!valid && !error) return 'called invalid without an error'
  if (readings.length > readingsPerByteMax * bytes.length) return `${readings.length} readings`
  for (const { value } of readings) {
    if (value.kind === 'number' && !Number.isSafeInteger(value.digits)) {
      return `a value of ${value.digits}`
    }
  }
  let at = 0
  // Several things may be said of the same bytes, but from left to right.
  for (const { from, to } of parts) {
    if (from < at || to <= from || to > bytes.length) return `a part from ${from} to ${to}`
    at = from
  }
  if (parts.length > partsPerByteMax * bytes.length) return `${parts.length} parts`
  return null
}
