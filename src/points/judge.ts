import type { ItemCode } from '#protocols/model'
import { assert, type Clock, hours, type Instant, instant, type MeterId } from '#src/core'
import type { Database, Db } from '#src/db'
import type { Readings } from '#src/readings'
import { type Book, retake, settleBook, take } from './book.ts'
import { type Scaled, scaledOf, scaledReading, scaledText } from './decimal.ts'
import { dueOf, type LevelChange, type PointRules, type Sample } from './machine.ts'
import type { PointId } from './types.ts'
import {
  type Arrival,
  type Judged,
  lockJudged,
  type NewState,
  type Retold,
  selectDue,
  type ToldChange,
  takeArrivals,
  updateStates,
  withdrawAlarms,
  writeChanges,
} from './work-queries.ts'

/** A reading may be so much older than the newest one and is still judged in its place. */
export const LATE_MAX = hours(24)
const BATCH = 5_000

/** Work that a point found; `src/cases` fits. */
export interface PointCases {
  found(
    findings: readonly {
      readonly kind: string
      readonly key: string
      readonly subject: { readonly kind: 'meter'; readonly id: MeterId }
      readonly severity: 'medium' | 'high'
      readonly evidence: Readonly<Record<string, unknown>>
    }[],
    tx?: Db,
  ): Promise<unknown>
  settled(
    ends: readonly { readonly key: string; readonly evidence: Readonly<Record<string, unknown>> }[],
    tx?: Db,
  ): Promise<unknown>
}

export interface JudgeOptions {
  readonly db: Database
  readonly clock: Clock
  readonly readings: Pick<Readings, 'samples'>
  readonly cases: PointCases
  /** A moment as people read it. */
  readonly iso: (at: Instant) => string
}

/** How a batch left a point. */
interface Outcome {
  readonly point: Judged
  readonly book: Book
  readonly changes: readonly LevelChange[]
  /** Since when everything was told anew; null where only something was added. */
  readonly retoldFrom: number | null
}

/** Judges what came and what is due, a batch at a time; returns how much there was. */
export function createJudge({ db, clock, readings, cases, iso }: JudgeOptions) {
  return {
    judge: () =>
      db.transaction(async (tx) => {
        const arrivals = await takeArrivals(tx, BATCH)
        if (arrivals.length > 0) await judgeBatch(tx, arrivals)
        return arrivals.length
      }),
    settleDue: () =>
      db.transaction(async (tx) => {
        const due = await selectDue(tx, clock.now(), BATCH)
        if (due.length > 0) await judgeBatch(tx, [], due)
        return due.length
      }),
  }

  async function judgeBatch(
    tx: Db,
    arrivals: readonly Arrival[],
    due: readonly PointId[] = [],
  ): Promise<void> {
    const now = clock.now()
    const came = Map.groupBy(arrivals, ({ pointId }) => pointId)
    const points = await lockJudged(tx, [...new Set([...came.keys(), ...due])])
    const outcomes: Outcome[] = []
    const late: Judged[] = []
    for (const point of points) {
      const taken = takeCame(point, came.get(point.id) ?? [])
      if (taken === null) late.push(point)
      else outcomes.push({ point, ...settled(point, taken, now), retoldFrom: null })
    }
    for (const [item, some] of Map.groupBy(late, (point) => point.item)) {
      outcomes.push(...(await judgeAnew(tx, item, some, now)))
    }
    await write(tx, outcomes, now)
  }

  /** From what is stored: what came late stands there in its place. */
  async function judgeAnew(
    tx: Db,
    item: ItemCode,
    points: readonly Judged[],
    now: Instant,
  ): Promise<readonly Outcome[]> {
    const asked = points.map(({ meterId, book }) => {
      return { meterId, from: instant(Math.max(0, book.older.from)) }
    })
    const stored = Map.groupBy(await readings.samples(item, asked, tx), ({ meterId }) => meterId)
    return points.map((point) => {
      const rules = rulesOf(point)
      const samples = onePerTime(stored.get(point.meterId) ?? []).map((one) => {
        return sampleOf(point, one.at, one.digits, one.scale)
      })
      const taken = retake(rules, point.book, samples, LATE_MAX)
      return { point, ...settled(point, taken, now), retoldFrom: point.book.older.from }
    })
  }

  async function write(tx: Db, outcomes: readonly Outcome[], now: Instant): Promise<void> {
    const retold = outcomes.flatMap(({ point, retoldFrom }): Retold[] => {
      return retoldFrom === null ? [] : [{ id: point.id, from: retoldFrom }]
    })
    if (retold.length > 0) await withdrawAlarms(tx, retold, now)
    const changes = outcomes.flatMap(({ point, changes: some }): ToldChange[] =>
      some.map(({ at, level, value }) => ({ id: point.id, at, level, value: scaledText(value) })),
    )
    if (changes.length > 0) await writeChanges(tx, changes, now)
    await updateStates(tx, outcomes.map(stateOf))
    await tellCases(tx, outcomes)
  }

  async function tellCases(tx: Db, outcomes: readonly Outcome[]): Promise<void> {
    const moved = outcomes.filter(
      ({ point, book }) => point.opensCase && book.now.level !== point.level,
    )
    const evidence = ({ point, book }: Outcome) => ({
      point: point.name,
      register: point.item,
      level: book.now.level,
      value: book.now.last === null ? null : scaledText(book.now.last.value),
      unit: point.unit,
      at: book.now.last === null ? null : iso(instant(book.now.last.at)),
    })
    const found = moved.filter(({ book }) => book.now.level !== 'normal')
    const over = moved.filter(({ book }) => book.now.level === 'normal')
    if (found.length > 0) {
      await cases.found(
        found.map((outcome) => ({
          kind: 'point.limit',
          key: keyOf(outcome.point.id),
          subject: { kind: 'meter', id: outcome.point.meterId },
          severity: isSevere(outcome.book) ? 'high' : 'medium',
          evidence: evidence(outcome),
        })),
        tx,
      )
    }
    if (over.length > 0) {
      await cases.settled(
        over.map((outcome) => ({ key: keyOf(outcome.point.id), evidence: evidence(outcome) })),
        tx,
      )
    }
  }
}

const keyOf = (id: PointId) => `point.limit:${id}`
const isSevere = ({ now }: Book) => now.level === 'high-high' || now.level === 'low-low'

function takeCame(point: Judged, arrivals: readonly Arrival[]) {
  const samples: Sample[] = []
  for (const { at, digits, scale } of arrivals) {
    if (at === null || digits === null || scale === null) return null
    samples.push(sampleOf(point, at, digits, scale))
  }
  return take(rulesOf(point), point.book, samples, LATE_MAX)
}

function settled(
  point: Judged,
  taken: { readonly book: Book; readonly changes: readonly LevelChange[] },
  now: Instant,
) {
  const ended = settleBook(rulesOf(point), taken.book, now)
  return { book: ended.book, changes: [...taken.changes, ...ended.changes] }
}

function stateOf({ point, book }: Outcome): NewState {
  const { last, noted } = book.now
  return {
    id: point.id,
    value: last === null ? null : scaledText(last.value),
    noted: noted === null ? null : scaledText(noted.value),
    dueAt: dueOf(rulesOf(point), book.now),
    book,
  }
}

/** The first of several values of one moment counts, as in the store. */
function onePerTime<T extends { readonly at: number }>(samples: readonly T[]): readonly T[] {
  const seen = new Map<number, T>()
  for (const sample of samples) if (!seen.has(sample.at)) seen.set(sample.at, sample)
  return [...seen.values()]
}

function rulesOf(point: Judged): PointRules {
  const bound = (text: string | null) => (text === null ? null : decimal(text))
  const { limits } = point
  return {
    limits: {
      'low-low': bound(limits['low-low']),
      low: bound(limits.low),
      high: bound(limits.high),
      'high-high': bound(limits['high-high']),
    },
    hysteresis: decimal(point.hysteresis),
    deadband: decimal(point.deadband),
    delayMs: point.delaySeconds * 1_000,
  }
}

function sampleOf(point: Judged, at: number, digits: bigint, scale: number): Sample {
  const value = scaledReading(digits, scale, decimal(point.factor), decimal(point.shift))
  return { at, value }
}

function decimal(text: string): Scaled {
  const value = scaledOf(text)
  assert(value !== undefined, 'settings of points are checked before they are stored')
  return value
}
