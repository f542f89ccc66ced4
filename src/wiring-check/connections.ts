import {
  type Connection,
  type Phase,
  phaseNames,
  type Snapshot,
  type WiringSystem,
} from './types.ts'

/**
 * Loads that are thought possible: the current runs up to 60° behind its voltage and up to 30°
 * before it, which is a power factor of 0.5 lagging to 0.87 leading. What lies outside is never
 * called a load, and every connection that stays inside is told of.
 */
export const loadAngles = { from: -30, to: 60 } as const
/** What rounding and the meter's own error may add. */
const TOLERANCE_DEGREES = 2
/** Below so many VA an angle is noise. */
const APPARENT_VA_MIN = 5

const step = 120
const turns: readonly (readonly number[])[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [2, 1, 0],
  [1, 2, 0],
  [2, 0, 1],
]

/** Voltages of the elements and currents of the phases as angles, for one order of phases. */
interface Geometry {
  readonly elements: readonly { readonly index: number; readonly voltageAngle: number }[]
  readonly currents: readonly { readonly phase: number; readonly angle: number }[]
}

/** `turn` is 1 for A-B-C and -1 for A-C-B. */
function geometryOf(system: WiringSystem, turn: 1 | -1): Geometry {
  const [a, b, c] = [0, -step * turn, step * turn] as const
  switch (system) {
    case 'single-phase':
      return { elements: [{ index: 0, voltageAngle: a }], currents: [{ phase: 0, angle: a }] }
    case 'three-phase-four-wire':
      return {
        elements: [a, b, c].map((voltageAngle, index) => ({ index, voltageAngle })),
        currents: [a, b, c].map((angle, phase) => ({ phase, angle })),
      }
    case 'three-phase-three-wire':
      // Elements see U(AB) and U(CB); the currents are those of A and C.
      return {
        elements: [
          { index: 0, voltageAngle: 30 * turn },
          { index: 2, voltageAngle: 90 * turn },
        ],
        currents: [
          { phase: 0, angle: a },
          { phase: 2, angle: c },
        ],
      }
  }
}

/** By how much the current of an element may run behind its voltage; null where nothing tells. */
export function anglesOf({ elements }: Snapshot, index: number): readonly number[] | null {
  const element = elements[index]
  if (!element) return null
  const { voltage, current, active, reactive, powerFactor, angle } = element
  if (voltage === null || current === null) return null
  const apparent = voltage * current
  if (apparent < APPARENT_VA_MIN) return null
  if (active !== null && reactive !== null && (active !== 0 || reactive !== 0)) {
    return [degrees(Math.atan2(reactive, active))]
  }
  if (angle !== null) return [normal(angle)]
  const cosine = active === null ? powerFactor : (active * 1_000) / apparent
  if (cosine === null) return null
  const size = degrees(Math.acos(Math.max(-1, Math.min(1, cosine))))
  return size === 0 || size === 180 ? [size] : [size, -size]
}

/**
 * Every connection of the currents that explains the angles by a possible load, the simplest
 * first. Where the meter does not tell the order of the phases, both are tried.
 */
export function connectionsOf(
  system: WiringSystem,
  snapshot: Snapshot,
  feedsIn: boolean,
): readonly Connection[] {
  const { voltageReversed } = snapshot
  const orders: readonly (1 | -1)[] =
    voltageReversed === null ? [1, -1] : voltageReversed ? [-1] : [1]
  const found = new Map<string, Connection>()
  for (const turn of orders) {
    for (const connection of explained(geometryOf(system, turn), snapshot, feedsIn)) {
      const key = keyOf(connection)
      if (!found.has(key)) found.set(key, connection)
    }
  }
  return [...found.values()].sort((a, b) => faultsIn(a) - faultsIn(b) || spread(a) - spread(b))
}

function* explained(
  { elements, currents }: Geometry,
  snapshot: Snapshot,
  feedsIn: boolean,
): Generator<Connection> {
  const measured = elements.map(({ index }) => anglesOf(snapshot, index))
  for (const turn of turnsOf(currents.length)) {
    const perElement = elements.map(({ index, voltageAngle }, at) => {
      const current = currents[turn[at] ?? 0]
      return waysOf(index, voltageAngle, current, measured[at] ?? null, feedsIn)
    })
    yield* together(perElement)
  }
}

/** Orders of so many currents. */
function turnsOf(count: number): readonly (readonly number[])[] {
  if (count === 3) return turns
  return count === 2
    ? [
        [0, 1],
        [1, 0],
      ]
    : [[0]]
}

interface Way {
  readonly element: Phase
  readonly current: Phase
  readonly reversed: boolean
  readonly known: boolean
  readonly load: number | null
}

/** The ways in which this current on this element would be a possible load. */
function waysOf(
  index: number,
  voltageAngle: number,
  current: { readonly phase: number; readonly angle: number } | undefined,
  measured: readonly number[] | null,
  feedsIn: boolean,
): readonly Way[] {
  if (current === undefined) return []
  const named = { element: nameOf(index), current: nameOf(current.phase) }
  // Nothing flows: it may hang anywhere, and nothing is claimed of it.
  if (measured === null) return [{ ...named, reversed: false, known: false, load: null }]
  const ways: Way[] = []
  // Where a customer may feed in, a reversed current looks like one: it is told of as feeding in.
  for (const reversed of feedsIn ? [false] : [false, true]) {
    for (const angle of measured) {
      const load = normal(angle - (voltageAngle - current.angle) - (reversed ? 180 : 0))
      if (isPossible(load) || (feedsIn && isPossible(normal(load - 180)))) {
        ways.push({ ...named, reversed, known: true, load })
        break
      }
    }
  }
  return ways
}

/** One way of each element. */
function* together(perElement: readonly (readonly Way[])[]): Generator<Connection> {
  const [first, ...rest] = perElement
  if (first === undefined) {
    yield { elements: [], loadAngles: [] }
    return
  }
  for (const way of first) {
    for (const others of together(rest)) {
      const { load, ...element } = way
      yield {
        elements: [element, ...others.elements],
        loadAngles: [load, ...others.loadAngles],
      }
    }
  }
}

/** Elements that are not as they should be. */
export function faultsIn({ elements }: Connection): number {
  return elements.filter(isWrong).length
}

export const isWrong = ({
  element,
  current,
  reversed,
  known,
}: Connection['elements'][number]): boolean => known && (reversed || element !== current)

/** What is not known of an element makes no other connection of the rest. */
const keyOf = ({ elements }: Connection) =>
  elements
    .map(({ current, reversed, known }) => (known ? `${current}${reversed ? '-' : '+'}` : '?'))
    .join(' ')

/** Three like loads are more likely than three unlike ones. */
function spread({ loadAngles: angles }: Connection): number {
  const known = angles.filter((angle) => angle !== null)
  return known.length === 0 ? 0 : Math.max(...known) - Math.min(...known)
}

function isPossible(load: number): boolean {
  return load >= loadAngles.from - TOLERANCE_DEGREES && load <= loadAngles.to + TOLERANCE_DEGREES
}

const nameOf = (index: number): Phase => phaseNames[index] ?? 'A'
const degrees = (radians: number) => (radians * 180) / Math.PI

/** Within (-180, 180]. */
export function normal(angle: number): number {
  const turned = ((angle % 360) + 360) % 360
  return turned > 180 ? turned - 360 : turned
}
