import { type BusinessDate, type CivilTime, type Instant, instant } from '#src/core'
import type { Database } from '#src/db'
import { parametersOf } from '../conditions.ts'
import { selectEvents } from '../context-queries.ts'
import { lockFollower } from '../due-queries.ts'
import { selectRules } from '../rule-queries.ts'
import { keepSaid, settle } from '../settle-queries.ts'
import { findSuspects, type OtherEvidence, type Suspicion } from './detector.ts'
import { meansOf } from './means.ts'
import {
  anomaliesOf,
  archiveThen,
  daysOfSuspect,
  historyOf,
  hoursAround,
  moneyOf,
  peersOf,
  registersAround,
} from './pack-queries.ts'
import {
  areasDue,
  hoursOfArea,
  type PointHours,
  putSuspects,
  raisedOf,
  type SuspectRow,
  saySuspects,
  selectSuspect,
  selectSuspects,
} from './queries.ts'
import { type AreaHours, HOURS } from './templates.ts'
import type { Question } from './thinker.ts'
import type { Suspects } from './types.ts'

/** Days that are looked at, so many of them with a known loss, and how often. */
const DAYS = 49
const DAYS_MIN = 21
const PAUSE_DAYS = 3
/** Of one turn, by what is lost there, by how much more than before, and by how long they wait. */
const turns = { byLoss: 100, byRise: 50, byWaiting: 50 } as const
/** In a larger area the households drown each other. */
const POINTS_MAX = 400
const POINTS_MIN = 3

/** What else is raised counts so many points at a score of 100. */
const points: Readonly<Record<string, number>> = {
  'cover-open-and-fall': 45,
  'neutral-difference': 45,
  'current-reversed': 40,
  'voltage-lost': 35,
  'current-lost': 35,
  stopped: 35,
  'magnetic-field': 35,
  'clock-off-15': 30,
  'clock-off-5': 20,
  'power-inconsistent': 25,
  'register-fell': 20,
  'cover-open': 20,
  'terminal-cover-open': 15,
  'use-against-peers': 10,
  'use-against-history': 10,
  'night-base-zero': 10,
}

export interface SuspectOptions {
  readonly db: Database
  readonly civil: CivilTime
  /** Where suspects of an area are worked out; else here. */
  readonly find?: (question: Question) => Promise<readonly Suspicion[]>
}

const findHere = async ({ area, others }: Question) => findSuspects(area, others)

/** Who may explain the loss of an area (窃电嫌疑). */
export function createSuspects({ db, civil, find = findHere }: SuspectOptions): Suspects {
  return {
    async follow(now, signal) {
      const to = civil.addDays(civil.dateOf(now), -1)
      const from = civil.addDays(to, 1 - DAYS)
      const limits = { daysMin: DAYS_MIN, pause: PAUSE_DAYS, ...turns }
      const due = await areasDue(db, from, to, limits)
      let looked = 0
      for (const { nodeId } of due) {
        if (signal?.aborted) break
        await lookAt(nodeId, from, to, now)
        looked += 1
      }
      return looked
    },
    list: (filter, after, limit) => selectSuspects(db, filter, after, limit),
    async pack(usagePointId) {
      const suspect = await selectSuspect(db, usagePointId)
      if (suspect === undefined) return undefined
      const { from, to, since } = suspect
      const [start, change] = [civil.startOf(from), civil.startOf(since)]
      const end = civil.startOf(civil.addDays(to, 1))
      const days = await daysOfSuspect(db, suspect)
      return {
        suspect,
        days,
        means: meansOf(days, since),
        money: await moneyOf(db, suspect),
        hours: await hoursAround(db, usagePointId, start, change, end, civil.zone),
        registers: await registersAround(db, usagePointId, start, end, civil.zone),
        events: await selectEvents(db, usagePointId, start, end),
        anomalies: await anomaliesOf(db, usagePointId, from),
        archive: await archiveThen(db, usagePointId, change),
        history: await historyOf(db, usagePointId, start, end),
        peers: await peersOf(db, suspect),
        method: methodOf(suspect.manner),
      }
    },
  }

  async function lookAt(nodeId: number, from: BusinessDate, to: BusinessDate, now: Instant) {
    const start = civil.startOf(from)
    const end = civil.startOf(civil.addDays(to, 1))
    const series = await hoursOfArea(db, nodeId, start, end)
    const users = series.filter(({ isUser }) => isUser)
    const obstacle = obstacleOf(series, users)
    const rows = obstacle === null ? await suspectsOf(series, users, start, end) : []
    await db.transaction(async (tx) => {
      await lockFollower(tx)
      await putSuspects(tx, nodeId, { from, to, now }, rows, obstacle)
      const rule = (await selectRules(tx)).find(({ shape }) => shape === 'suspect')
      if (rule === undefined || !rule.enabled) return
      const limits = parametersOf('suspect', rule.parameters)
      if (!limits.ok) throw new Error(limits.error)
      const looked = obstacle === null ? users.map(({ usagePointId }) => usagePointId) : []
      await saySuspects(tx, nodeId, looked, rule, limits.value)
      await keepSaid(tx, to, [rule.code])
      await settle(tx, to, now)
    })
  }

  async function suspectsOf(
    series: readonly PointHours[],
    users: readonly PointHours[],
    start: Instant,
    end: Instant,
  ): Promise<SuspectRow[]> {
    const raised = Map.groupBy(
      await raisedOf(
        db,
        users.map(({ usagePointId }) => usagePointId),
      ),
      ({ usagePointId }) => usagePointId,
    )
    const others = users.map(({ usagePointId }) =>
      (raised.get(usagePointId) ?? []).flatMap(({ code, score }): OtherEvidence[] => {
        const most = points[code]
        return most === undefined ? [] : [{ code, points: (most * score) / 100 }]
      }),
    )
    const area = hoursOf(series, users, start, end)
    return (await find({ area, others })).flatMap((one) => {
      const user = users[one.meter]
      return user === undefined
        ? []
        : [rowOf(one, user.usagePointId, start, others[one.meter] ?? [])]
    })
  }

  function hoursOf(
    series: readonly PointHours[],
    users: readonly PointHours[],
    start: Instant,
    end: Instant,
  ): AreaHours {
    // Whole days of 24 hours: where the clock is changed, an hour shifts.
    const days = Math.floor((end - start) / 86_400_000)
    const loss = Float64Array.from({ length: days * HOURS }, (_, t) =>
      series.reduce((sum, { sign, hours }) => sum + sign * (hours[t] ?? Number.NaN), 0),
    )
    const usage = users.map(({ hours }) =>
      Float64Array.from({ length: days * HOURS }, (_, t) => hours[t] ?? Number.NaN),
    )
    const weekdays = Array.from({ length: days }, (_, day) =>
      weekdayOf(civil.addDays(civil.dateOf(start), day)),
    )
    return { days, weekdays, loss, usage }
  }

  function rowOf(
    one: Suspicion,
    usagePointId: number,
    start: Instant,
    others: readonly OtherEvidence[],
  ): SuspectRow {
    return {
      usagePointId,
      score: one.score.toFixed(2),
      manner: one.manner,
      since: civil.dateOf(instant(start + one.sinceDay * 86_400_000 + 43_200_000)),
      energy: micro(one.energy),
      energyLow: micro(one.energyLow),
      energyHigh: micro(one.energyHigh),
      explained: one.days.map((kWh) => kWh.toFixed(4)),
      detail: {
        explainsLoss: one.gain.toFixed(1),
        useFell: one.fell.toFixed(3),
        useFellDeviations: one.fallZ.toFixed(2),
        correlationHours: one.correlationHours.toFixed(3),
        correlationDays: one.correlationDays.toFixed(3),
        coefficient: one.coefficient.toFixed(3),
        ...(one.manner === 'shift' ? { clockOffHours: one.shiftHours } : {}),
        ...(one.manner === 'hours' ? { fromHour: one.fromHour, lastsHours: one.lastsHours } : {}),
        beside: others.map(({ code, points: weight }) => ({ code, points: weight.toFixed(1) })),
      },
    }
  }
}

function obstacleOf(series: readonly PointHours[], users: readonly PointHours[]): string | null {
  if (users.length < POINTS_MIN) return 'too few usage points'
  if (users.length > POINTS_MAX) return 'too many usage points'
  return series.some(({ isUser, sign }) => !isUser && sign > 0) ? null : 'no gateway with a curve'
}

const micro = (kWh: number) => BigInt(Math.round(kWh * 1e6))

/** What the months add to the day of the week. */
const MONTHS = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4]

/** 0 Sunday, by Sakamoto's rule. */
function weekdayOf(date: BusinessDate): number {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number)
  const from = month < 3 ? year - 1 : year
  const leaps = Math.floor(from / 4) - Math.floor(from / 100) + Math.floor(from / 400)
  return (from + leaps + (MONTHS[month - 1] ?? 0) + day) % 7
}

function methodOf(manner: string): string[] {
  const how: Readonly<Record<string, string>> = {
    share:
      'Since the day, the loss of the area holds a multiple of what this meter showed, hour by hour: the estimate is that multiple.',
    shift:
      'Since the day, the loss of the area is what this meter shows at other hours less what it shows: its clock is off by so many hours; the energy is the difference.',
    fall: 'Since the day, the loss of the area holds what was usual here, by hour and kind of day and with the season of the neighbours, less what this meter showed.',
    hours:
      'Since the day, this meter shows less at some hours of the day, and the area loses more at them: the estimate is what fell at these hours.',
  }
  return [
    'Hourly loss of the area: what its gateways gave less what all meters showed, at the same hours.',
    'A constant, a share and the square of the load are taken from it first: what lines and transformers lose.',
    how[manner] ?? '',
    'All suspects of the area are fitted together, so that nobody stands for what another explains.',
    'The range holds the error of the fit and that of what was taken as usual, at 95 %.',
  ]
}
