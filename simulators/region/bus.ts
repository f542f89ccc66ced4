import {
  addressMatches,
  buildFrame,
  dlt645,
  encodeRefusal,
  parseFrame,
  requestOf,
} from '#protocols/dlt645'
import { dlt645Face, dlt645v1997Face, dlt698Face, type Face } from '#simulators/faces'
import { bus } from '#simulators/fleet'
import { noise, SimulatedMeter, type Site } from '#simulators/meter'
import { backThen, sleeping } from './odd-lines.ts'
import type { PlannedMeter } from './plan.ts'
import {
  blanked,
  looselyWired,
  overlapping,
  overrun,
  silentOn,
  standingStill,
  underWorksNumber,
  wakingLate,
  withStuckBit,
} from './strange.ts'

/** What becomes of an answer on its way over a bus that is not well. */
type Spoiling = (answer: Uint8Array, nowMs: number) => Uint8Array

export interface Populated {
  /** Meters that are as a terminal or a common face expects them. */
  readonly well: readonly SimulatedMeter[]
  /** The others, each in its own way. */
  readonly odd: readonly Face[]
}

/** The meters of a DL/T 645 bus. */
export function transparentBus(meters: readonly PlannedMeter[], site: Site): Face {
  const { well, odd } = populated(meters, site, (meter) => dlt645Face([meter]))
  return bus([dlt645Face(well), ...odd])
}

/** Who hangs there, those apart who need a face of their own. */
export function populated(
  meters: readonly PlannedMeter[],
  site: Site,
  faceOf: (meter: SimulatedMeter) => Face,
): Populated {
  const well: SimulatedMeter[] = []
  const odd: Face[] = []
  for (const planned of meters) {
    const meter = new SimulatedMeter(site, planned.spec)
    const face = oddFace(planned, meter, site, faceOf)
    if (face === 'well') well.push(meter)
    else if (face !== null) odd.push(face)
  }
  return { well, odd }
}

/** Null where nothing answers. */
function oddFace(
  { kind, spec }: PlannedMeter,
  meter: SimulatedMeter,
  site: Site,
  faceOf: (meter: SimulatedMeter) => Face,
): Face | 'well' | null {
  switch (kind?.name) {
    case 'unpowered':
    case 'next-door':
    case 'moved-street':
    case 'behind-repeater':
    case 'dark-with-echo':
    case 'dark-with-text':
    case 'dark-with-others':
    case 'cold':
      return null
    case 'last-froze':
      return backThen(faceOf(meter), LAST_FROZE_MS, isFreeze)
    case 'no-time':
      return spoilt(faceOf(meter), blanked(isTime, 0))
    case 'sleeps':
      return sleeping(faceOf(meter))
    case 'other-edition':
      return dlt645v1997Face([meter])
    case 'speaks-698':
      return dlt698Face(meter)
    case 'no-freeze':
      return refusing(faceOf(meter), spec.address, isFreeze, NO_SUCH_DATA)
    case 'refuses-all':
      return refusing(faceOf(meter), spec.address, () => true, NO_SUCH_DATA)
    case 'no-right':
      return refusing(faceOf(meter), spec.address, isFreeze, NO_RIGHT)
    case 'passes-over':
      return silentOn(faceOf(meter), spec.address, isFreeze)
    case 'blank-freeze':
      return spoilt(faceOf(meter), blanked(isFreeze))
    case 'answers-as-another':
      return spoilt(faceOf(meter), underWorksNumber)
    case 'wakes-late':
      return wakingLate(faceOf(meter))
    case 'loose-wire':
      return looselyWired(faceOf(meter), spec.seed)
    case 'stands-still':
      return standingStill(faceOf(meter), spec.seed)
    case 'overruns':
      return spoilt(faceOf(meter), (answer) => overrun(answer, BUFFER_BYTES))
    case 'stuck-bit':
      return spoilt(faceOf(meter), withStuckBit)
    case 'overlap':
      return overlapping(faceOf(meter), faceOf(twinOf(meter, site)), spec.seed)
    case 'collides':
      return colliding(faceOf(meter), faceOf(twinOf(meter, site)))
    case 'noisy':
      return spoilt(faceOf(meter), noisy(spec.seed))
    case 'cut-short':
      return spoilt(faceOf(meter), (answer) => answer.slice(0, answer.length >> 1))
    case 'odd-parity':
      return spoilt(faceOf(meter), (answer) => answer.map(withParity))
    default:
      return 'well'
  }
}

/** Another meter of the same number. */
function twinOf({ spec }: SimulatedMeter, site: Site): SimulatedMeter {
  return new SimulatedMeter(site, { ...spec, seed: spec.seed ^ 0x5eed })
}

/** Of daily freezes (日冻结). */
const isFreeze = (dataId: string) => dataId.startsWith('0506')
/** Of its clock, and of when it froze. */
const isTime = (dataId: string) => /^(040001|050600)/.test(dataId)
const LAST_FROZE_MS = 9 * 86_400_000

/** Longer than a time and a single register, shorter than a freeze with its rates. */
const BUFFER_BYTES = 32

export function spoilt(face: Face, spoil: Spoiling): Face {
  return {
    receive: (chunk, nowMs) => face.receive(chunk, nowMs).map((answer) => spoil(answer, nowMs)),
    reset: () => face.reset(),
  }
}

/** A few bytes of every answer are others. */
export function noisy(seed: number): Spoiling {
  return (answer, nowMs) =>
    answer.map((byte, at) =>
      // At least one of them: the checksum.
      at === answer.length - 2 || noise(seed ^ nowMs, at, 1) < 0.15
        ? byte ^ (1 + Math.floor(noise(seed ^ nowMs, at, 2) * 254))
        : byte,
    )
}

/** What a receiver makes of bytes at another speed: other bytes, and another number of them. */
export function garbled(seed: number): Spoiling {
  return (answer, nowMs) =>
    Uint8Array.from({ length: Math.ceil(answer.length / 2) }, (_, at) =>
      Math.floor(noise(seed ^ nowMs, at, 3) * 256),
    )
}

function withParity(byte: number): number {
  let bits = byte
  bits ^= bits >> 4
  bits ^= bits >> 2
  bits ^= bits >> 1
  return (bits & 1) === 0 ? byte : byte ^ 0x80
}

/** A meter that says no to what it is asked of some items; what else it is asked it answers. */
function refusing(
  face: Face,
  address: string,
  refuses: (dataId: string) => boolean,
  error: number,
): Face {
  const scanner = dlt645.scanner()
  return {
    receive(chunk, nowMs) {
      return scanner.push(chunk).flatMap((bytes) => {
        const parsed = parseFrame(bytes)
        const request = parsed.ok ? requestOf(parsed.frame) : null
        if (!parsed.ok || !addressMatches(parsed.frame.address, address)) return []
        if (request?.kind === 'read' && refuses(request.dataId)) {
          return [encodeRefusal(parsed.frame, address, error)]
        }
        return face.receive(buildFrame(parsed.frame), nowMs)
      })
    },
    reset() {
      scanner.reset()
      face.reset()
    },
  }
}

const NO_SUCH_DATA = 0x02
const NO_RIGHT = 0x04

/** Two meters of one address answer at once: where they say the same it comes through. */
function colliding(one: Face, other: Face): Face {
  return {
    receive(chunk, nowMs) {
      const answers = one.receive(chunk, nowMs)
      const others = other.receive(chunk, nowMs)
      return answers.map((answer, index) => overlaid(answer, others[index] ?? answer))
    },
    reset() {
      one.reset()
      other.reset()
    },
  }
}

/** On RS-485 a driven zero wins as a rule. */
function overlaid(one: Uint8Array, other: Uint8Array): Uint8Array {
  const length = Math.max(one.length, other.length)
  return Uint8Array.from({ length }, (_, at) => (one[at] ?? 0xff) & (other[at] ?? 0xff))
}
