import { renderTable } from './table.ts'

interface ShownPoint {
  readonly id: number
  readonly name: string
  readonly meterAddress: string
  readonly register: string
  readonly unit: string
  readonly state: string
  readonly since: string | null
  readonly value: string | null
  readonly ageSeconds: number | null
  readonly last: { readonly value: string; readonly at: string } | null
  readonly unacknowledged: number
}

interface ShownTrend {
  readonly unit: string
  readonly items: readonly {
    readonly start: string
    readonly min: string
    readonly max: string
    readonly average: string
    readonly last: string
    readonly count: number
  }[]
}

const pointColumns = [
  { title: 'POINT' },
  { title: 'NAME' },
  { title: 'METER' },
  { title: 'REGISTER' },
  { title: 'STATE' },
  { title: 'VALUE', align: 'right' as const },
  { title: 'UNIT' },
  { title: 'AGE', align: 'right' as const },
  { title: 'ALARMS', align: 'right' as const },
]

export async function pointTable(points: readonly ShownPoint[]): Promise<string> {
  if (points.length === 0) return 'No such point.\n'
  const rows = points.map((point) => [
    String(point.id),
    point.name,
    point.meterAddress,
    point.register,
    point.state,
    point.value ?? '-',
    point.unit,
    ageText(point.ageSeconds),
    String(point.unacknowledged),
  ])
  return await renderTable(pointColumns, rows)
}

export function pointSentence(point: ShownPoint): string {
  const { id, name, state, since, unit, unacknowledged } = point
  const value = point.value === null ? 'no value that counts' : `${point.value} ${unit}`
  const last = point.last === null ? '' : `; last ${point.last.value} ${unit} at ${point.last.at}`
  const from = since === null ? '' : ` since ${since}`
  return `Point ${id} (${name}): ${state}${from}, ${value}${last}; ${unacknowledged} alarm(s) not acknowledged\n`
}

const trendColumns = [
  { title: 'FROM' },
  { title: 'MIN', align: 'right' as const },
  { title: 'AVERAGE', align: 'right' as const },
  { title: 'MAX', align: 'right' as const },
  { title: 'LAST', align: 'right' as const },
  { title: 'VALUES', align: 'right' as const },
]
const bars = '▁▂▃▄▅▆▇█'

/** A line of bars over a table. */
export async function trendText({ unit, items }: ShownTrend): Promise<string> {
  if (items.length === 0) return 'No values in that time.\n'
  const rows = items.map(({ start, min, average, max, last, count }) => [
    start,
    min,
    average,
    max,
    last,
    String(count),
  ])
  return `${sparkline(items.map(({ average }) => Number(average)))}  ${unit}\n${await renderTable(trendColumns, rows)}`
}

function sparkline(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const span = most - least
  const bar = (value: number) =>
    bars[span === 0 ? 3 : Math.round(((value - least) / span) * (bars.length - 1))] ?? ''
  return values.map(bar).join('')
}

function ageText(seconds: number | null): string {
  if (seconds === null) return 'never'
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800
    ? `${Math.round(seconds / 3_600)} h`
    : `${Math.round(seconds / 86_400)} d`
}
