import type { EventSource } from './types.ts'

/** One thing told of an event of one series: that it began, and maybe ended; or that it ended. */
export interface Told {
  readonly edge: 'began' | 'ended'
  /** Null where the device gave no moment that can be. */
  readonly at: number | null
  /** The end, where it was told with the beginning. */
  readonly ownEnd: number | null
  readonly sequence: number | null
  /** Tells events of one moment apart, where a device numbers them. */
  readonly serial: number | null
  readonly receivedAt: number
  readonly source: EventSource
  readonly toldBy: string | null
  readonly protocol: string
  readonly eventId: string
  readonly code: string
  readonly isSpan: boolean
  /** JSON, as it is stored. */
  readonly details: string
  readonly raw: string
}

/** An event: a beginning with the end that belongs to it, or what stands alone. */
export interface Settled {
  readonly told: Told
  /** Told by itself. */
  readonly end: Told | null
  readonly superseded: boolean
}

/**
 * The events of one series (one device, one id, one phase) out of everything told of them, in
 * whatever order and however often it was told: the same things told give the same events. An end
 * that was told by itself belongs to the last beginning before it, unless that ended by its own
 * word. A beginning that another follows without an end is superseded: it is over, and nobody knows
 * since when.
 */
export function settle(told: readonly Told[]): readonly Settled[] {
  const points = [...Map.groupBy(told, momentOf).values()].flatMap(distinct)
  const timed = points.filter(({ at }) => at !== null).sort(inTime)
  const alone = points.filter(({ at }) => at === null)
  return [...paired(timed), ...alone.map((one) => ({ told: one, end: null, superseded: false }))]
}

/** What was told, out of the events it came to. */
export function tellingsOf({ told, end }: Settled): readonly Told[] {
  return end ? [told, end] : [told]
}

const endOf = ({ told, end }: Settled) => told.ownEnd ?? end?.at ?? null

export function clearedAtOf(event: Settled): number | null {
  return event.told.edge === 'ended' ? event.told.at : endOf(event)
}

/** Same of whatever is told of one moment; without a moment only the same words are the same. */
export function momentOf({ edge, at, raw }: Told): string {
  return `${edge} ${at ?? `raw ${raw}`}`
}

/** Things told of one moment are one, unless serial numbers tell them apart. */
function distinct(told: readonly Told[]): readonly Told[] {
  const bySerial = Map.groupBy(told, ({ serial }) => serial)
  const unnumbered = bySerial.get(null) ?? []
  const numbers = [...bySerial.keys()].filter((serial) => serial !== null).sort((a, b) => a - b)
  if (numbers.length === 0) return [merged(unnumbered)]
  return numbers.map((serial) => merged(bySerial.get(serial) ?? []))
}

/** The fullest of what was told alike, with the earliest hearing; the order decides nothing. */
function merged(told: readonly Told[]): Told {
  const [fullest, ...others] = [...told].sort(byFullness)
  if (!fullest) throw new Error('invariant broken: nothing was told')
  const first = others.reduce((best, one) => (isBefore(one, best) ? one : best), fullest)
  const { receivedAt, source } = first
  return {
    ...fullest,
    sequence: greatest(told.map(({ sequence }) => sequence)),
    ownEnd: greatest(told.map(({ ownEnd }) => ownEnd)),
    toldBy: greatest(told.map(({ toldBy }) => toldBy)),
    receivedAt,
    source,
  }
}

function isBefore(a: Told, b: Told): boolean {
  if (a.receivedAt !== b.receivedAt) return a.receivedAt < b.receivedAt
  return a.source < b.source
}

function byFullness(a: Told, b: Told): number {
  return (
    Number(b.ownEnd !== null) - Number(a.ownEnd !== null) ||
    b.raw.length - a.raw.length ||
    compare(textOf(a), textOf(b))
  )
}

const textOf = ({ raw, details, code, eventId }: Told) => [raw, details, code, eventId].join(' ')
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

function greatest<T extends number | string>(values: readonly (T | null)[]): T | null {
  return values.reduce<T | null>((best, value) => {
    if (value === null) return best
    return best === null || value > best ? value : best
  }, null)
}

/** Of one moment, what began before what ended. */
function inTime(a: Told, b: Told): number {
  return (a.at ?? 0) - (b.at ?? 0) || compare(a.edge, b.edge) || (a.serial ?? -1) - (b.serial ?? -1)
}

function paired(points: readonly Told[]): readonly Settled[] {
  const events: Settled[] = []
  /** The last beginning, as an index into the events. */
  let last = -1
  for (const told of points) {
    const open = events[last]
    if (told.edge === 'began') {
      const isLeft = open?.told.isSpan === true && endOf(open) === null
      if (open && isLeft) events[last] = { ...open, superseded: true }
      last = events.push({ told, end: null, superseded: false }) - 1
    } else if (open && !open.end && [null, told.at].includes(open.told.ownEnd)) {
      events[last] = { ...open, end: told }
    } else events.push({ told, end: null, superseded: false })
  }
  return events
}
