import { type Static, Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, hours, ok, type Result } from '#src/core'
import { sheetFormats } from '#src/sheets'
import { type LoadSum, loadDimensions, type QualitySum } from '#src/statistics'
import { BUSINESS } from '../access.ts'
import { numberOf, placeOf } from '../cursor.ts'
import type { Problem } from '../problems.ts'
import { parseRange } from '../ranges.ts'
import type { DefineRoute } from '../route.ts'
import { closed, oneOf } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { sendSheet } from '../sheet-reply.ts'
import {
  CurvesView,
  curveQuery,
  LoadView,
  loadColumns,
  loadQuery,
  loadView,
  PointLoadView,
  pageQuery,
  QualityView,
  qualityColumns,
  qualityQuery,
  qualityRow,
  qualityView,
  SumCurveView,
} from '../statistics-schemas.ts'
import { days, daysOf, refusedAs, STATISTICS_ERRORS, sheetOf } from '../statistics-views.ts'

const tag = 'Statistics'
const FILE_MAX = 100_000
const CURVE_DAYS_MAX = 62
const CURVE_POINTS_MAX = 20

const LoadQuery = closed(loadQuery)
const QualityQuery = closed(qualityQuery)
const CurveQuery = closed(curveQuery)
const SumCurveQuery = closed({
  ...days,
  by: oneOf([...loadDimensions, 'group']),
  key: Type.Optional(
    Type.String({ maxLength: 200, description: "A node's or a group's id, or a word." }),
  ),
})

type Place = Parameters<ApiServices['statistics']['load']>[1]
interface Some<Item> {
  readonly items: readonly Item[]
  readonly next: number | null
}

/** Load (负荷), curves and power quality (电能质量), as lists and as files. */
export function loadRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { statistics, civil, clock } = services
  const today = () => civil.dateOf(clock.now())

  async function loadOf(
    query: Static<typeof LoadQuery>,
    page: Place,
  ): Promise<Result<Some<LoadSum>, Problem>> {
    const range = daysOf(civil, query, today())
    if (!range.ok) return range
    const { by = 'feeder', period = 'month', node, compare } = query
    const asked = { by, period, ...range.value, node: node ?? null, compare: compare ?? null }
    const found = await statistics.load(asked, page)
    return found.ok ? found : fail(refusedAs(found.error))
  }

  async function qualityOf(
    query: Static<typeof QualityQuery>,
    page: Place,
  ): Promise<Result<Some<QualitySum>, Problem>> {
    const range = daysOf(civil, query, today())
    if (!range.ok) return range
    const { by = 'area', period = 'month', node, point, sustainedMinutes = 3, below } = query
    const asked = {
      ...{ by, period, ...range.value, sustainedMinutes },
      ...{ node: node ?? null, point: point ?? null, below: below ?? null },
    }
    const found = await statistics.quality(asked, page)
    return found.ok ? found : fail(refusedAs(found.error))
  }

  async function curvesOf(
    query: Static<typeof CurveQuery>,
  ): Promise<Result<Static<typeof CurvesView>, Problem>> {
    const points = query.points.split(',').map((code) => code.trim())
    if (points.length > CURVE_POINTS_MAX) {
      return fail({ code: 'range-too-long', detail: `At most ${CURVE_POINTS_MAX} usage points.` })
    }
    const span = { max: hours(24 * CURVE_DAYS_MAX), usual: hours(24) }
    const range = parseRange(civil, query, clock.now(), span)
    if (!range.ok) return range
    const { quantity = 'load', register = '1.8.0' } = query
    const found = await statistics.curves({ points, quantity, register, ...range.value })
    if (!found.ok) return fail(refusedAs(found.error))
    const items = found.value.map(({ point, items: told }) => ({
      point,
      items: told.map(({ at, ...item }) => ({ ...item, at: civil.iso(at) })),
    }))
    return ok({ unit: units[quantity], items })
  }

  async function sumCurveOf(
    query: Static<typeof SumCurveQuery>,
  ): Promise<Result<Static<typeof SumCurveView>['items'], Problem>> {
    const range = daysOf(civil, query, today(), 1)
    if (!range.ok) return range
    const { from, to } = range.value
    if (civil.addDays(from, CURVE_DAYS_MAX) <= to) return fail(tooLong)
    const { by: kind, key = 'all' } = query
    const told = await statistics.sumCurve({ kind, key, from, to })
    return ok(told.map(({ at, ...item }) => ({ ...item, at: civil.iso(at) })))
  }

  return [
    define({
      method: 'GET',
      url: '/api/v1/statistics/load',
      access: BUSINESS,
      tag,
      summary:
        'Load factor, peak, valley, coincidence and growth by dimension and period (负荷统计)',
      description:
        'Of the sum of the energy of each quarter of an hour, not the sum of peaks. A region holds ' +
        'the regions in it, which are listed too, each with the one that it lies `within`.',
      query: closed({ ...loadQuery, ...pageQuery }),
      answers: LoadView,
      errors: ['bad-cursor', ...STATISTICS_ERRORS],
      async handle({ query: { cursor, limit = 100, ...query } }) {
        const offset = numberOf(cursor)
        if (!offset.ok) return offset
        const found = await loadOf(query, { offset: offset.value ?? 0, limit })
        if (!found.ok) return found
        const items = found.value.items.map((item) => loadView(civil, item))
        return ok({ body: { items, next: placeOf(found.value.next) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/statistics/load/curve',
      access: BUSINESS,
      tag,
      summary: 'The load curve of all below a node of the grid, of a group, a trade, a tariff …',
      query: SumCurveQuery,
      answers: SumCurveView,
      errors: ['range-too-long', ...STATISTICS_ERRORS],
      async handle({ query }) {
        const found = await sumCurveOf(query)
        return found.ok ? ok({ body: { unit: 'kW', items: found.value } }) : found
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/statistics/load/points/:code',
      access: BUSINESS,
      tag,
      summary: 'The load of one usage point, day by day',
      params: closed({ code: Type.String({ minLength: 1, maxLength: 200 }) }),
      query: closed(days),
      answers: PointLoadView,
      errors: STATISTICS_ERRORS,
      async handle({ params, query }) {
        const range = daysOf(civil, query, today())
        if (!range.ok) return range
        const { from, to } = range.value
        const told = await statistics.pointLoad(params.code, from, to)
        if (!told.ok) return fail(refusedAs(told.error))
        const items = told.value.map((day) => ({ ...day, peakAt: civil.iso(day.peakAt) }))
        return ok({ body: { items, next: null } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/statistics/curves',
      access: BUSINESS,
      tag,
      summary: 'Curves of usage points, live and past (负荷/电量曲线)',
      query: CurveQuery,
      answers: CurvesView,
      errors: ['range-too-long', ...STATISTICS_ERRORS],
      async handle({ query }) {
        const found = await curvesOf(query)
        return found.ok ? ok({ body: found.value }) : found
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/statistics/quality',
      access: BUSINESS,
      tag,
      summary: 'Voltage qualification, imbalance, power factor and outages (电能质量)',
      query: closed({ ...qualityQuery, ...pageQuery }),
      answers: QualityView,
      errors: ['bad-cursor', ...STATISTICS_ERRORS],
      async handle({ query: { cursor, limit = 100, ...query } }) {
        const offset = numberOf(cursor)
        if (!offset.ok) return offset
        const found = await qualityOf(query, { offset: offset.value ?? 0, limit })
        if (!found.ok) return found
        const items = found.value.items.map(qualityView)
        return ok({ body: { items, next: placeOf(found.value.next) } })
      },
    }),
    ...sheetFormats.flatMap((format) => {
      const file = { method: 'GET', access: BUSINESS, tag, answers: Type.String() } as const
      const errors = STATISTICS_ERRORS
      const summary = `The same as ${format.toUpperCase()}, all rows at once`
      const all = { offset: 0, limit: FILE_MAX }
      return [
        define({
          ...{ ...file, errors, summary, query: LoadQuery },
          url: `/api/v1/statistics/load.${format}`,
          async handle({ query, reply }) {
            const found = await loadOf(query, all)
            if (!found.ok) return found
            const rows = found.value.items.map((item) => loadView(civil, item))
            await sendSheet(reply, sheetOf('load', loadColumns, rows), format)
            return ok({ body: '' })
          },
        }),
        define({
          ...{ ...file, summary, query: SumCurveQuery },
          errors: ['range-too-long', ...errors],
          url: `/api/v1/statistics/load/curve.${format}`,
          async handle({ query, reply }) {
            const found = await sumCurveOf(query)
            if (!found.ok) return found
            const columns = ['at', 'energy#', 'power#', 'points#']
            await sendSheet(reply, sheetOf('load curve', columns, found.value), format)
            return ok({ body: '' })
          },
        }),
        define({
          ...{ ...file, errors, summary, query: QualityQuery },
          url: `/api/v1/statistics/quality.${format}`,
          async handle({ query, reply }) {
            const found = await qualityOf(query, all)
            if (!found.ok) return found
            const rows = found.value.items.map(qualityRow)
            await sendSheet(reply, sheetOf('power quality', qualityColumns, rows), format)
            return ok({ body: '' })
          },
        }),
        define({
          ...{ ...file, errors, summary, query: CurveQuery },
          url: `/api/v1/statistics/curves.${format}`,
          async handle({ query, reply }) {
            const found = await curvesOf(query)
            if (!found.ok) return found
            const { unit, items } = found.value
            const rows = items.flatMap(({ point, items: told }) =>
              told.map((item) => ({ point, unit, ...item })),
            )
            const columns = ['point', 'at', 'value#', 'unit', 'quality']
            await sendSheet(reply, sheetOf('curves', columns, rows), format)
            return ok({ body: '' })
          },
        }),
      ]
    }),
  ]
}

const tooLong: Problem = { code: 'range-too-long', detail: `At most ${CURVE_DAYS_MAX} days.` }

const units = {
  load: 'kW',
  energy: 'kWh',
  power: 'kW',
  reactivePower: 'kvar',
  powerFactor: '',
  frequency: 'Hz',
  voltageA: 'V',
  voltageB: 'V',
  voltageC: 'V',
  currentA: 'A',
  currentB: 'A',
  currentC: 'A',
} as const
