import { afterAll, expect, test } from 'vitest'
import { instant, parseBusinessDate } from '#src/core'
import type { Batch } from '#src/reading-days'
import { idleWork } from '#tests/support'
import { buildWorld } from './world.ts'

const date = parseBusinessDate('2026-11-05')
if (date === undefined) throw new Error('this is a date')
const batch = (rows: number): Batch => ({
  ...{ id: 1, route: '北', date, no: 2, state: 'published', language: 'zh' },
  ...{ publishedAt: instant(0), publishedBy: 'hes', points: 1, rows, totals: [], held: {} },
  ...{ sha256: '', endedAt: null, endedBy: null, rejected: 0, reason: null },
})
const parts = ['\uFEFF户号\r\n', '33\r\n', '34\r\n']
let rows = 2
const world = await buildWorld({
  readingDays: {
    ...idleWork.readingDays,
    batch: async () => batch(rows),
    async *file() {
      yield* parts
    },
    table: async () => ({ columns: [{ title: '户号', kind: 'text' }], rows: [['33'], ['34']] }),
  },
})
afterAll(() => world.app.close())

const get = (format: string) =>
  world.app.inject({
    url: `/api/v1/reading-day-batches/1/rows.${format}`,
    headers: world.as('billing'),
  })

test('a batch leaves as a file, part by part, under its own name', async () => {
  const answer = await get('csv')
  expect(answer.statusCode).toBe(200)
  expect(answer.headers['content-type']).toContain('text/csv')
  expect(answer.headers['content-disposition']).toBe(
    "attachment; filename*=UTF-8''readings-%E5%8C%97-2026-11-05-2.csv",
  )
  expect(answer.body).toBe(parts.join(''))
})

test('a workbook is made unless it would be too large', async () => {
  expect((await get('xlsx')).rawPayload.subarray(0, 2).toString()).toBe('PK')
  rows = 100_001
  const answer = await get('xlsx')
  expect(answer.json()).toMatchObject({ status: 400, code: 'range-too-long' })
  expect(answer.json().detail).toContain('100001 rows')
})
