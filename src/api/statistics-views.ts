import { type Static, Type } from '@sinclair/typebox'
import {
  type BusinessDate,
  type CivilTime,
  fail,
  ok,
  parseBusinessDate,
  type Result,
} from '#src/core'
import type { Sheet, SheetColumn } from '#src/sheets'
import {
  dimensions,
  type EnergySum,
  periods,
  placeRoles,
  type StatisticsRefusal,
} from '#src/statistics'
import { CivilDate } from './collection-schemas.ts'
import type { Problem, ProblemCode } from './problems.ts'
import { closed, Id, oneOf, orNull, RegisterCode } from './schemas.ts'

export const Decimal = Type.String({ description: 'An exact decimal.', examples: ['123.45'] })
const Count = Type.Integer({ minimum: 0 })

/** Whole civil days, both included. */
export const days = { from: Type.Optional(CivilDate), to: Type.Optional(CivilDate) }

export const energyQuery = {
  ...days,
  by: Type.Optional(oneOf(dimensions)),
  period: Type.Optional(oneOf(periods)),
  register: Type.Optional(RegisterCode),
  role: Type.Optional(oneOf(placeRoles)),
  node: Type.Optional(Id),
  group: Type.Optional(Id),
  compare: Type.Optional(oneOf(['year', 'period'])),
}

export const EnergyView = closed({
  unit: Type.String(),
  items: Type.Array(
    closed({
      key: orNull(Type.String({ description: 'Null where the archive does not say it.' })),
      name: Type.String(),
      from: CivilDate,
      to: CivilDate,
      energy: Decimal,
      estimated: Decimal,
      estimatedShare: orNull(Decimal),
      before: orNull(Decimal),
      growth: orNull(Decimal),
      pointDays: closed({
        known: Count,
        estimated: Count,
        incomplete: Count,
        expected: orNull(Count),
        missing: orNull(Count),
      }),
    }),
  ),
  next: orNull(Type.String()),
})

interface Days {
  readonly from: BusinessDate
  readonly to: BusinessDate
}

/** The days asked for; the last `usual` days that are over where none are. */
export function daysOf(
  civil: CivilTime,
  given: { readonly from?: string; readonly to?: string },
  today: BusinessDate,
  usual = 31,
): Result<Days, Problem> {
  const to = given.to === undefined ? civil.addDays(today, -1) : parseBusinessDate(given.to)
  if (to === undefined) return fail({ code: 'invalid-range', detail: 'No such date.' })
  const from =
    given.from === undefined ? civil.addDays(to, 1 - usual) : parseBusinessDate(given.from)
  if (from === undefined) return fail({ code: 'invalid-range', detail: 'No such date.' })
  if (from > to) return fail({ code: 'invalid-range', detail: 'The range ends before it begins.' })
  return ok({ from, to })
}

const codes: Readonly<Record<StatisticsRefusal['kind'], ProblemCode>> = {
  'not-energy': 'not-energy',
  'too-much': 'range-too-long',
  'wrong-range': 'invalid-range',
  'no-group': 'usage-group-not-found',
  'no-node': 'node-not-found',
  'no-point': 'usage-point-not-found',
}

export const refusedAs = ({ kind, message }: StatisticsRefusal): Problem => ({
  code: codes[kind],
  detail: message,
})

export const STATISTICS_ERRORS: readonly ProblemCode[] = [...new Set(Object.values(codes))]

/** A table of what is given, its columns in the order of `columns`; what ends in `#` are numbers. */
export function sheetOf<Row extends object>(
  name: string,
  columns: readonly string[],
  rows: readonly Row[],
): Sheet {
  const shown = columns.map((column): SheetColumn => {
    const isNumber = column.endsWith('#')
    return { title: isNumber ? column.slice(0, -1) : column, kind: isNumber ? 'number' : 'text' }
  })
  return {
    name,
    columns: shown,
    rows: rows.map((row) => {
      const cells = new Map<string, unknown>(Object.entries(row))
      return shown.map(({ title }) => {
        const cell = cells.get(title)
        return cell === null || cell === undefined ? '' : String(cell)
      })
    }),
  }
}

const energyColumns = [
  ...['key', 'name', 'from', 'to', 'energy#', 'estimated#', 'estimatedShare#'],
  ...['unit', 'known#', 'expected#', 'missing#', 'incomplete#', 'before#', 'growth#'],
]

export const energySheet = (by: string, unit: string, items: readonly EnergySum[]): Sheet =>
  sheetOf(
    `energy by ${by}`,
    energyColumns,
    items.map(({ pointDays, ...item }) => ({
      ...item,
      unit,
      known: pointDays.known,
      expected: pointDays.expected,
      missing: pointDays.missing,
      incomplete: pointDays.incomplete,
    })),
  )

export const energyView = (
  unit: string,
  items: readonly EnergySum[],
  next: string | null,
): Static<typeof EnergyView> => ({
  unit,
  items: items.map((item) => ({ ...item, pointDays: { ...item.pointDays } })),
  next,
})
