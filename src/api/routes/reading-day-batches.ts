import { Readable } from 'node:stream'
import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, ok, type Result } from '#src/core'
import type { Batch, EndRefusal } from '#src/reading-days'
import { BUSINESS, SETTLING } from '../access.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import type { Problem } from '../problems.ts'
import {
  BatchView,
  batchView,
  ReceiptBody,
  ReconciliationView,
  RouteCode,
  RowView,
  reconciliationView,
  rowView,
} from '../reading-day-schemas.ts'
import type { DefineRoute } from '../route.ts'
import { closed, IdParams, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'
import { sendSheet } from '../sheet-reply.ts'

const tag = 'Reading days'
const PAGE = 100
/** A workbook is made in memory. */
const WORKBOOK_ROWS_MAX = 100_000

/** What left to the marketing system on reading days. */
export function readingDayBatchRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { readingDays, civil } = services
  const nothing: Problem = { code: 'reading-batch-not-found' }
  const answer = (done: Result<Batch, EndRefusal>) =>
    done.ok ? ok({ body: batchView(civil, done.value) }) : fail(notEnded(done.error))

  return [
    define({
      method: 'GET',
      url: '/api/v1/reading-day-batches',
      access: BUSINESS,
      tag,
      summary: 'Batches of reading days, newest first',
      query: closed({ route: Type.Optional(RouteCode), ...paging }),
      answers: pageOf(BatchView),
      errors: ['bad-cursor'],
      async handle({ query: { route, limit = PAGE, cursor } }) {
        const after = numberOf(cursor)
        if (!after.ok) return after
        const found = await readingDays.batches(route, { after: after.value, limit: limit + 1 })
        const items = found.slice(0, limit).map((batch) => batchView(civil, batch))
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/reading-day-batches/:id',
      access: BUSINESS,
      tag,
      summary: 'One batch with its totals',
      params: IdParams,
      answers: BatchView,
      errors: ['reading-batch-not-found'],
      async handle({ params: { id } }) {
        const batch = await readingDays.batch(id)
        return batch ? ok({ body: batchView(civil, batch) }) : fail(nothing)
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/reading-day-batches/:id/rows',
      access: BUSINESS,
      tag,
      summary: 'Registers and energy of a batch, by line',
      params: IdParams,
      query: closed(paging),
      answers: pageOf(RowView),
      errors: ['reading-batch-not-found', 'bad-cursor'],
      async handle({ params: { id }, query: { limit = PAGE, cursor } }) {
        const after = numberOf(cursor)
        if (!after.ok) return after
        if (!(await readingDays.batch(id))) return fail(nothing)
        const found = await readingDays.rows(id, { after: after.value, limit: limit + 1 })
        const items = found.slice(0, limit).map((row) => rowView(civil, row))
        return ok({ body: { items, next: cursorOf(found, limit, ({ line }) => line) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/reading-day-batches/:id/rows.csv',
      access: BUSINESS,
      tag,
      summary: 'The file of a batch: always the same bytes, with the hash that the batch names',
      params: IdParams,
      answers: Type.String(),
      errors: ['reading-batch-not-found'],
      async handle({ params: { id }, reply }) {
        const batch = await readingDays.batch(id)
        if (!batch) return fail(nothing)
        const name = encodeURIComponent(`${fileName(batch)}.csv`)
        await reply
          .type('text/csv; charset=utf-8')
          .header('content-disposition', `attachment; filename*=UTF-8''${name}`)
          .send(Readable.from(readingDays.file(batch)))
        return ok({ body: '' })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/reading-day-batches/:id/rows.xlsx',
      access: BUSINESS,
      tag,
      summary: `The same as XLSX, up to ${WORKBOOK_ROWS_MAX} rows`,
      params: IdParams,
      answers: Type.String(),
      errors: ['reading-batch-not-found', 'range-too-long'],
      async handle({ params: { id }, reply }) {
        const batch = await readingDays.batch(id)
        if (!batch) return fail(nothing)
        if (batch.rows > WORKBOOK_ROWS_MAX) {
          const detail = `It has ${batch.rows} rows; take the CSV file.`
          return fail({ code: 'range-too-long', detail })
        }
        const { columns, rows } = await readingDays.table(batch)
        await sendSheet(reply, { name: fileName(batch).slice(0, 31), columns, rows }, 'xlsx')
        return ok({ body: '' })
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/reading-day-batches/:id/receipt',
      access: SETTLING,
      tag,
      summary: 'Say that the marketing system took a batch, and what of it it refused',
      description:
        'Rows and totals must be those that left, else nothing is acknowledged. Of a refused line ' +
        'the usage point is due again for that time, with all its registers. The same receipt ' +
        'again changes nothing.',
      params: IdParams,
      body: ReceiptBody,
      bodyLimitBytes: 32 * 1_024 * 1_024,
      answers: BatchView,
      errors: ['reading-batch-not-found', 'receipt-mismatch', 'invalid-parameters', 'not-now'],
      audit: 'reading-day-batch.acknowledge',
      async handle({ params: { id }, body: { rejected = [], ...body }, actor, note }) {
        return answer(
          await readingDays.acknowledge(id, { ...body, rejected }, actor.name, (tx) =>
            note(tx, {
              target: `reading-day-batch/${id}`,
              detail: { ...body, rejected: rejected.length },
            }),
          ),
        )
      },
    }),
    define({
      method: 'POST',
      url: '/api/v1/reading-day-batches/:id/withdraw',
      access: SETTLING,
      tag,
      summary: 'Take back a batch that nobody has acknowledged; all of it is due again',
      params: IdParams,
      body: closed({ reason: Type.String({ minLength: 1, maxLength: 500 }) }),
      answers: BatchView,
      errors: ['reading-batch-not-found', 'not-now'],
      audit: 'reading-day-batch.withdraw',
      async handle({ params: { id }, body: { reason }, actor, note }) {
        return answer(
          await readingDays.withdraw(id, reason, actor.name, (tx) =>
            note(tx, { target: `reading-day-batch/${id}`, detail: { reason } }),
          ),
        )
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/reading-day-batches/:id/reconciliation',
      access: BUSINESS,
      tag,
      summary: 'What left against the energy that is kept of the same days',
      params: IdParams,
      answers: ReconciliationView,
      errors: ['reading-batch-not-found'],
      async handle({ params: { id } }) {
        if (!(await readingDays.batch(id))) return fail(nothing)
        return ok({ body: reconciliationView(civil, await readingDays.reconcile(id)) })
      },
    }),
  ]
}

const fileName = ({ route, date, no }: Batch) => `readings-${route}-${date}-${no}`

function notEnded(refusal: EndRefusal): Problem {
  switch (refusal.kind) {
    case 'not-found':
      return { code: 'reading-batch-not-found' }
    case 'ended':
      return { code: 'not-now', detail: `It is ${refusal.state} already, with other words.` }
    case 'mismatch':
      return { code: 'receipt-mismatch', detail: `${refusal.differences.join('; ')}.` }
    case 'unknown-lines': {
      const detail = `It has no line ${refusal.lines.slice(0, 10).join(', ')}.`
      return { code: 'invalid-parameters', detail }
    }
  }
}
