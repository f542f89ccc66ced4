import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { civilTime, instant } from '#src/core'
import { createThinker } from '#src/forecast'
import type { Measured } from './measure.ts'

const DATA = path.resolve(import.meta.dirname, '../../../shared/data')
/** Days that are only learned from. */
const LEARNED_MIN = 30
/** Every so many days of a long set, so that the bench takes minutes. */
const DAYS_SCORED = 60
/**
 * Days that nobody looked at while the methods were made: those half way between the others, which
 * were scored then.
 */
const isHeldOut = process.argv.includes('--held-out')
/** The day before the one that is forecast is not over when the forecast is made. */
const LEAD = 2

type Day = Parameters<ReturnType<typeof createThinker>['forecast']>[0][number]['days'][number]

interface DataSet {
  readonly name: string
  readonly file: string
  readonly zone: string
  /** Columns that are added up. */
  readonly columns: readonly [number, number]
  readonly minutes: number
  readonly isEnd: boolean
}

const sets: readonly DataSet[] = [
  set('a steel plant', 'kr_uci_steel_15min/interval.csv', 'Asia/Seoul', [1, 2], 15),
  set('322 households', 'ch_537/kwh_15min.csv', '+01:00', [1, 323], 15),
  set('50 households', 'ch_537/kwh_15min.csv', '+01:00', [1, 51], 15),
  set('another 50 households', 'ch_537/kwh_15min.csv', '+01:00', [51, 101], 15),
  set('a third 50 households', 'ch_537/kwh_15min.csv', '+01:00', [101, 151], 15),
  set('10 households', 'ch_537/kwh_15min.csv', '+01:00', [151, 161], 15),
  set('8 houses with sun', 'us_fontana_14/kwh_60min.csv', '-08:00', [1, 9], 60),
  { ...set('one house with gaps', 'au_sgsc_10/kwh_30min.csv', '+10:00', [2, 3], 30), isEnd: false },
]

function set(
  name: string,
  file: string,
  zone: string,
  columns: readonly [number, number],
  minutes: number,
): DataSet {
  return { name, file, zone, columns, minutes, isEnd: true }
}

/** Errors of the day ahead on real loads, as percent of the load, against the same hour a week before. */
export async function run(): Promise<readonly Measured[]> {
  const rows: Measured[] = []
  const thinker = createThinker()
  for (const one of sets) {
    const file = path.join(DATA, one.file)
    if (!existsSync(file)) {
      process.stdout.write(`${one.name}: skipped, ${one.file} is not in ../shared/data\n`)
      continue
    }
    const days = daysOf(one, readFileSync(file, 'utf8'))
    const step = Math.max(1, Math.floor((days.length - LEARNED_MIN) / DAYS_SCORED))
    let [error, naive, load] = [0, 0, 0]
    const shown = new Map<string, number>()
    const first = LEARNED_MIN + (isHeldOut ? Math.floor(step / 2) : 0)
    let scored = 0
    for (let index = first; index < days.length; index += step) {
      const day = days[index]
      if (day === undefined) continue
      const known = days.slice(0, index - LEAD + 1)
      const [answer] = await thinker.forecast([{ days: known, day }])
      if (!answer) continue
      scored += 1
      shown.set(answer.method, (shown.get(answer.method) ?? 0) + 1)
      for (const [hour, was] of day.hours.entries()) {
        if (was === null) continue
        error += Math.abs(was - (answer.hours[hour] ?? 0))
        naive += Math.abs(was - (answer.naive[hour] ?? 0))
        load += was
      }
    }
    const methods = [...shown].map(([method, count]) => `${method} ${count}`).join(', ')
    rows.push({
      name: `${one.name}, ${scored} days (${methods})`,
      ours: (error / load) * 100,
      limit: (naive / load) * 100,
      unit: '% off',
      against: 'seasonal naive',
    })
  }
  await thinker.close()
  return rows
}

/** Hours that are whole, by civil day; without a hole in the dates. */
function daysOf({ columns: [from, to], minutes, zone, isEnd }: DataSet, text: string): Day[] {
  const civil = civilTime(zone)
  const hours = new Map<string, number[]>()
  const [, ...lines] = text.trimEnd().split('\n')
  for (const line of lines) {
    const [stamp = '', ...cells] = line.split(',')
    const values = cells.slice(from - 1, to - 1)
    if (values.some((value) => value === '')) continue
    const start = instant(globalThis.Date.parse(stamp) - (isEnd ? minutes * 60_000 : 0))
    const key = `${civil.dateOf(start)} ${civil.toWall(start).hour}`
    const known = hours.get(key)
    const sum = values.reduce((total, value) => total + Number(value), 0)
    if (known === undefined) hours.set(key, [sum])
    else known.push(sum)
  }
  const dates = [...hours.keys()].map((key) => key.slice(0, 10)).sort()
  const days: Day[] = []
  const [first] = hours.size > 0 ? dates : []
  const last = dates.at(-1)
  if (first === undefined || last === undefined) return []
  const firstStart = globalThis.Date.parse(`${first}T12:00:00${zone.includes(':') ? zone : 'Z'}`)
  for (let at = firstStart; ; at += 86_400_000) {
    const date = civil.dateOf(instant(at))
    if (date > last) break
    const weekday = new globalThis.Date(`${date}T00:00Z`).getUTCDay()
    days.push({
      date,
      kind: weekday === 0 || weekday === 6 ? 'rest' : 'work',
      temperature: null,
      hours: Array.from({ length: 24 }, (_, hour) => {
        const known = hours.get(`${date} ${hour}`)
        if (known?.length !== 60 / minutes) return null
        return known.reduce((total, value) => total + value, 0)
      }),
    })
  }
  return days
}
