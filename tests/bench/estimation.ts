import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { type BusinessDate, type CivilTime, civilTime, type Instant, instant } from '#src/core'
import { estimateGap, type Facts, historyOf, type Known, type Method } from '#src/validation'
import type { Measured } from './measure.ts'

const DATA = path.resolve(import.meta.dirname, '../../../shared/data')
const DAY = 86_400_000
/** As in the product. */
const HISTORY_DAYS = 35
const LONG_MS = 2 * DAY
/** The ladder and the parameters of migration 0616. */
const similar = { days: 8, daysMin: 4 }
const ladder: readonly Method[] = [
  { code: 'linear', version: 1, parameters: { missingMax: 2 } },
  { code: 'reference-shape', version: 1, parameters: { hoursMin: 48, ...similar } },
  { code: 'similar-days', version: 1, parameters: similar },
  { code: 'average', version: 1, parameters: {} },
  { code: 'proration', version: 1, parameters: {} },
]
const alone = (code: string, parameters: Method['parameters'] = {}): readonly Method[] => [
  { code, version: 1, parameters },
  { code: 'proration', version: 1, parameters: {} },
]
const methods: Readonly<Record<string, readonly Method[]>> = {
  linear: alone('linear'),
  'similar-days': alone('similar-days', similar),
  'reference-shape': alone('reference-shape', similar),
  'as configured': ladder,
}
/** What was tried on the half that is not scored. */
const tried: Readonly<Record<string, readonly Method[]>> = {
  linear: methods.linear ?? [],
  'nearest 4, by kind of day': alone('similar-days', { days: 4, daysMin: 4 }),
  'nearest 8, by kind of day': alone('similar-days', similar),
  'nearest 16, by kind of day': alone('similar-days', { days: 16, daysMin: 4 }),
  'nearest 8, any day': alone('similar-days', { ...similar, byKind: false }),
  'reference shape': alone('reference-shape', similar),
}

interface DataSet {
  readonly name: string
  readonly zone: string
  readonly minutes: number
  readonly columns: readonly [number, number]
  readonly gapsEach: number
}

const sets: Readonly<Record<string, DataSet>> = {
  'ch_537/kwh_15min.csv': {
    ...{ name: 'Swiss households', zone: '+01:00', minutes: 15, columns: [1, 323], gapsEach: 2 },
  },
  'us_fontana_14/kwh_60min.csv': {
    ...{ name: 'Californian homes', zone: '-08:00', minutes: 60, columns: [1, 9], gapsEach: 60 },
  },
  'kr_uci_steel_15min/interval.csv': {
    ...{ name: 'a steel plant', zone: 'Asia/Seoul', minutes: 15, columns: [1, 2], gapsEach: 200 },
  },
}
const GAPS = 'au_sgsc_10/kwh_30min.csv'
const lengths = [
  [0, 2],
  [2, 4],
  [4, 8],
  [8, 24],
  [24, 48],
  [48, 10_000],
] as const

/** A gap as meters really have it: how long, and when in the day it began. */
interface Shape {
  readonly ms: number
  readonly minute: number
}

interface Score {
  gaps: number
  /** Sum over gaps of the mean error of the register as a share of the gap's energy. */
  error: number
}

/** Errors of estimated registers over real gaps cut into complete data, against the straight line. */
export async function run(): Promise<readonly Measured[]> {
  const isTuning = process.argv.includes('--tune')
  if (!existsSync(path.join(DATA, GAPS))) {
    process.stdout.write(`estimation: skipped, ${GAPS} is not in ../shared/data\n`)
    return []
  }
  const shapes = gapShapes(readFileSync(path.join(DATA, GAPS), 'utf8'))
  process.stdout.write(
    `${shapes.length} gaps of real meters, cut into ${isTuning ? 'the half to choose on' : 'the half that nothing was chosen on'}\n`,
  )
  return Object.entries(sets).flatMap(([file, set]) => {
    const full = path.join(DATA, file)
    if (!existsSync(full)) {
      process.stdout.write(`${set.name}: skipped, ${file} is not in ../shared/data\n`)
      return []
    }
    return scored(set, readFileSync(full, 'utf8'), shapes, isTuning)
  })
}

function scored(set: DataSet, text: string, shapes: readonly Shape[], isTuning: boolean) {
  const civil = civilTime(set.zone)
  const meters = metersOf(set, text)
  const half = (index: number) => meters.length === 1 || (index % 2 === 0) === isTuning
  const chosen = meters.filter((_, index) => half(index))
  const neighbours = neighboursOf(civil, chosen)
  const table = isTuning ? tried : methods
  const scores = new Map<string, Score[]>(
    Object.keys(table).map((name) => [name, lengths.map(() => ({ gaps: 0, error: 0 }))]),
  )
  const random = sequence(20_260_801)
  for (const [index, meter] of chosen.entries()) {
    const others = neighbours[index] ?? null
    for (let nth = 0; nth < set.gapsEach; nth += 1) {
      const gap = cut(civil, meter, shapes, set, random, isTuning)
      if (gap !== undefined) score(civil, meter, gap, set, others, table, scores)
    }
  }
  return printed(set, scores)
}

function printed(set: DataSet, scores: ReadonlyMap<string, readonly Score[]>): readonly Measured[] {
  const heads = lengths.map(([from, to]) => (to > 1_000 ? `> ${from} h` : `≤ ${to} h`))
  process.stdout.write(`\n${set.name}: error of the register, % of what flowed in the gap\n`)
  process.stdout.write(
    `${'method'.padEnd(28)}${heads.map((one) => one.padStart(9)).join('')}      all\n`,
  )
  const counts = scores.get('linear')?.map(({ gaps }) => String(gaps).padStart(9)) ?? []
  process.stdout.write(`${'(gaps)'.padEnd(28)}${counts.join('')}\n`)
  const totals = new Map<string, number>()
  for (const [name, row] of scores) {
    const cells = row.map(({ gaps, error }) =>
      gaps === 0 ? '-' : ((100 * error) / gaps).toFixed(2),
    )
    const gaps = row.reduce((sum, one) => sum + one.gaps, 0)
    const total = (100 * row.reduce((sum, one) => sum + one.error, 0)) / Math.max(gaps, 1)
    totals.set(name, total)
    const shown = [...cells, total.toFixed(2)].map((one) => one.padStart(9)).join('')
    process.stdout.write(`${name.padEnd(28)}${shown}\n`)
  }
  const ours = totals.get('as configured')
  const limit = totals.get('linear')
  if (ours === undefined || limit === undefined) return []
  return [
    {
      name: `estimation, ${set.name}`,
      ours,
      limit,
      unit: '% of the gap',
      against: 'straight line',
    },
  ]
}

interface Cut {
  readonly from: number
  readonly to: number
}

/** A real gap laid into a meter's data, at the time of day at which it began. */
function cut(
  civil: CivilTime,
  meter: readonly Known[],
  shapes: readonly Shape[],
  set: DataSet,
  random: () => number,
  isTuning: boolean,
): Cut | undefined {
  const shape = shapes[Math.floor(random() * shapes.length)]
  const first = meter[0]
  if (shape === undefined || first === undefined) return undefined
  const step = set.minutes * 60_000
  const days = Math.floor((meter.length * step) / DAY)
  // One meter alone is halved by time: chosen on its first half, scored on its second.
  const isAlone = set.columns[1] - set.columns[0] === 1
  const share = random() / (isAlone ? 2 : 1) + (isAlone && !isTuning ? 0.5 : 0)
  const date = civil.addDays(civil.dateOf(first.at), Math.floor(share * days))
  const at = civil.startOf(date) + shape.minute * 60_000
  const from = Math.round((at - first.at) / step)
  const to = from + Math.max(2, Math.round(shape.ms / step))
  return from < 1 || to >= meter.length ? undefined : { from, to }
}

function score(
  civil: CivilTime,
  meter: readonly Known[],
  { from, to }: Cut,
  set: DataSet,
  others: ReadonlyMap<BusinessDate, bigint> | null,
  table: Readonly<Record<string, readonly Method[]>>,
  scores: ReadonlyMap<string, readonly Score[]>,
): void {
  const [start, end] = [meter[from], meter[to]]
  if (start === undefined || end === undefined || end.value === start.value) return
  const inside = meter.slice(from + 1, to)
  const reach = HISTORY_DAYS * DAY
  const past = meter.filter(
    ({ at }, index) =>
      (index <= from && at >= start.at - reach) || (index >= to && at <= end.at + reach),
  )
  const facts: Facts = {
    ...{ register: '1.8.0', civil, place: null },
    history: historyOf(civil, past, set.minutes * 60_000),
    reference: end.at - start.at >= LONG_MS ? others : null,
  }
  const gap = { from: start, to: end, moments: inside.map(({ at }) => at) }
  const bucket = lengths.findIndex(([, most]) => end.at - start.at <= most * 3_600_000)
  for (const [name, list] of Object.entries(table)) {
    const values = estimateGap(gap, list, facts)?.values ?? []
    const errors = inside.map(({ value }, index) => Math.abs(Number((values[index] ?? 0n) - value)))
    const row = scores.get(name)?.[bucket]
    if (row === undefined) continue
    row.gaps += 1
    row.error +=
      errors.reduce((sum, one) => sum + one, 0) / errors.length / Number(end.value - start.value)
  }
}

/** What the other meters of the half used together, day by day; nothing of fewer than three. */
function neighboursOf(civil: CivilTime, meters: readonly (readonly Known[])[]) {
  const own = meters.map((meter) => {
    const { days } = historyOf(civil, meter, stepOf(meter))
    const sums = [...days].map(([date, slots]): [BusinessDate, bigint] => [
      date,
      slots.reduce<bigint>((sum, one) => sum + (one ?? 0n), 0n),
    ])
    return new Map(sums)
  })
  const all = new Map<BusinessDate, bigint>()
  for (const days of own) {
    for (const [date, energy] of days) all.set(date, (all.get(date) ?? 0n) + energy)
  }
  return meters.map((_, index) =>
    meters.length <= 3
      ? null
      : new Map([...all].map(([date, sum]) => [date, sum - (own[index]?.get(date) ?? 0n)])),
  )
}

const stepOf = ([first, second]: readonly Known[]): number => (second?.at ?? 0) - (first?.at ?? 0)

/** Registers in Wh; a meter that stands still for half of the time is none to learn from. */
function metersOf({ columns: [first, end] }: DataSet, text: string): readonly Known[][] {
  const rows = text.trim().split('\n').slice(1)
  const cells = rows.map((row) => row.split(','))
  const meters: Known[][] = []
  for (let column = first; column < end; column += 1) {
    let register = 0n
    let still = 0
    const meter = cells.map((row): Known => {
      const wh = Math.max(0, Math.round(Number(row[column]) * 1_000))
      still += wh === 0 ? 1 : 0
      register += BigInt(wh)
      return { at: momentOf(row[0] ?? ''), value: register }
    })
    if (still < meter.length / 2) meters.push(meter)
  }
  return meters
}

const momentOf = (text: string): Instant => instant(Date.parse(text))

function gapShapes(text: string): readonly Shape[] {
  const rows = text
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => row.split(','))
  const shapes: Shape[] = []
  for (let column = 1; column < (rows[0]?.length ?? 0); column += 1) {
    const isThere = rows.map((row) => row[column] !== '')
    const [first, last] = [isThere.indexOf(true), isThere.lastIndexOf(true)]
    for (let at = first; at < last; at += 1) {
      if (isThere[at]) continue
      const from = at
      while (!isThere[at]) at += 1
      const clock = rows[from]?.[0]?.slice(11, 16).split(':').map(Number) ?? []
      const minute = (clock[0] ?? 0) * 60 + (clock[1] ?? 0)
      shapes.push({ ms: (at - from + 1) * 1_800_000, minute })
    }
  }
  return shapes
}

/** The same draws in every run. */
function sequence(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
