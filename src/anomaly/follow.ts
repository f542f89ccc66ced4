import type { Cases } from '#src/cases'
import { type BusinessDate, type CivilTime, type Instant, ok } from '#src/core'
import type { Database, Db } from '#src/db'
import { finishedDays, settledChange } from '#src/metering'
import { parametersOf } from './conditions.ts'
import { judgeDays, openBatch, takeDays } from './day-queries.ts'
import {
  dueDate,
  listChanges,
  listDay,
  listedThrough,
  lockFollower,
  takeDue,
  unsettledDates,
} from './due-queries.ts'
import { selectRules } from './rule-queries.ts'
import { judgeSamples } from './sample-queries.ts'
import { keepSaid, settle } from './settle-queries.ts'
import { takeSamples } from './taken-queries.ts'
import { judgeClocks, judgeEvents, judgeFalls, judgeFindings } from './told-queries.ts'
import type { DaySpan, Rule } from './types.ts'
import { mergeIntoCases } from './work.ts'

/** Usage points of a day that one transaction judges. */
const POINTS_MAX = 2_000
/** After a long pause silence is looked at only for so many days back. */
const DAYS_BACK_MAX = 31

export interface FollowOptions {
  readonly db: Database
  readonly cases: Cases
  readonly civil: CivilTime
}

/** Judges what changed, by the rules in force. Returns how many points and days. */
export async function follow(
  { db, cases, civil }: FollowOptions,
  now: Instant,
  signal?: AbortSignal,
): Promise<number> {
  const to = await db.transaction((tx) => settledChange(tx, 'usage_change'))
  while (await db.transaction((tx) => listChanges(tx, to))) if (signal?.aborted) return 0
  const today = civil.dateOf(now)
  await db.transaction(async (tx) => {
    await lockFollower(tx)
    for (const date of finishedDays(civil, today, await listedThrough(tx), DAYS_BACK_MAX)) {
      await listDay(tx, spanOf(civil, date))
    }
  })
  const rules = (await selectRules(db)).filter(({ enabled }) => enabled)
  const waiting = await unsettledDates(db, now)
  let judged = 0
  while (signal?.aborted !== true) {
    const date = await dueDate(db, today, waiting)
    if (date === undefined) break
    judged += await db.transaction((tx) => judge(tx, rules, spanOf(civil, date), civil.zone, now))
  }
  await mergeIntoCases(db, cases)
  return judged
}

async function judge(
  tx: Db,
  rules: readonly Rule[],
  day: DaySpan,
  zone: string,
  now: Instant,
): Promise<number> {
  await lockFollower(tx)
  const points = await takeDue(tx, day.date, POINTS_MAX)
  await openBatch(tx, points, day)
  const sampled = rules.filter(({ shape }) => shape === 'samples')
  const hasSamples = await takeSamples(
    tx,
    day,
    sampled.map((rule) => ({ rule, parameters: known(parametersOf('samples', rule.parameters)) })),
  )
  await takeDays(tx, day)
  for (const rule of rules) {
    if (rule.shape !== 'samples' || hasSamples) await judgeRule(tx, rule, day, zone)
  }
  const codes = rules.filter(({ shape }) => shape !== 'suspect').map(({ code }) => code)
  await keepSaid(tx, day.date, codes)
  await settle(tx, day.date, now)
  await tx.query(
    'drop table anomaly_batch, anomaly_said, anomaly_reached, anomaly_sample, anomaly_measure',
  )
  return points.length
}

async function judgeRule(tx: Db, rule: Rule, day: DaySpan, zone: string): Promise<void> {
  switch (rule.shape) {
    case 'samples':
      return judgeSamples(tx, rule, known(parametersOf(rule.shape, rule.parameters)), day)
    case 'days':
      return judgeDays(tx, rule, known(parametersOf(rule.shape, rule.parameters)), day)
    case 'event': {
      const parameters = known(parametersOf(rule.shape, rule.parameters))
      return parameters.fall === undefined
        ? judgeEvents(tx, rule, parameters, day)
        : judgeFalls(tx, rule, parameters, day, zone)
    }
    case 'validation':
      return judgeFindings(tx, rule, known(parametersOf(rule.shape, rule.parameters)), day)
    case 'clock':
      return judgeClocks(tx, rule, known(parametersOf(rule.shape, rule.parameters)), day)
    case 'suspect':
      // Suspects are found over weeks of a whole area; see suspects.
      return
  }
}

/** Rules are checked when they are made: one that is wrong now is a bug. */
function known<T>(
  checked:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly error: string },
): T {
  if (!checked.ok) throw new Error(`a rule in force has wrong parameters: ${checked.error}`)
  return ok(checked.value).value
}

export function spanOf(civil: CivilTime, date: BusinessDate): DaySpan {
  return { date, start: civil.startOf(date), end: civil.startOf(civil.addDays(date, 1)) }
}
