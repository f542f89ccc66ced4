import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BatchRow } from '#src/reading-days'
import { type Customer, openScene, type Scene } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
  await scene.until('2026-11-30 09:00')
})
afterAll(() => scene.database.close())

/** What happens on a day: the register is told (or not), then perhaps a run, then its fate. */
interface Happening {
  readonly used: number
  readonly isTold: boolean
  readonly isLate: boolean
  /** What stands in for it until then, as far off. */
  readonly estimate: number
  readonly runs: boolean
  readonly fate: 'taken' | 'refused' | 'withdrawn' | 'open'
}

const happening: fc.Arbitrary<Happening> = fc.record({
  used: fc.nat({ max: 50_00 }),
  isTold: fc.boolean(),
  isLate: fc.boolean(),
  estimate: fc.integer({ min: -20_00, max: 20_00 }),
  runs: fc.boolean(),
  fate: fc.constantFrom('taken', 'refused', 'withdrawn', 'open'),
})

const day = (number: number) => `2026-10-${String(number).padStart(2, '0')}`
const cents = (text: string) => BigInt(text.replace('.', ''))

/** What arrived for good: batch by batch, without what was refused or taken back. */
async function settled(code: string): Promise<BatchRow[]> {
  const rows: BatchRow[] = []
  for (const batch of await scene.days.batches(code, { after: null, limit: 1_000 })) {
    if (batch.state === 'withdrawn' || batch.rejected > 0) continue
    rows.push(...(await scene.days.rows(batch.id, { after: null, limit: 1_000 })))
  }
  return rows.sort((a, b) => a.from - b.from)
}

async function live(code: string, one: Customer, life: readonly Happening[]): Promise<number> {
  let register = 100_00
  const late: [string, number][] = []
  await scene.says(one.meter, day(1), register)
  for (const [index, { used, isTold, isLate, estimate, runs, fate }] of life.entries()) {
    register += used
    const today = day(index + 2)
    if (isTold) await scene.says(one.meter, today, register)
    else if (isLate) {
      await scene.estimates(one.meter, today, register + estimate)
      late.push([today, register])
    }
    if (!runs) continue
    const { batch } = await scene.run(code, today)
    if (batch === null || fate === 'open') continue
    if (fate === 'withdrawn') await scene.days.withdraw(batch.id, 'wrong', 'test')
    else {
      const rejected = fate === 'refused' ? [{ line: 1, reason: 'wrong' }] : []
      const { rows, totals } = batch
      await scene.days.acknowledge(batch.id, { rows, totals, rejected }, 'test')
    }
  }
  for (const [when, digits] of late) await scene.says(one.meter, when, digits)
  await scene.says(one.meter, day(life.length + 2), register)
  return register
}

test('whatever comes late, is refused or taken back, each kWh arrives once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 1, maxLength: 12 }), async (life) => {
      const one = await scene.customer()
      const code = scene.nextRoute()
      await scene.route(code, [one], { registers: ['1.8.0'], waitDays: 0, startsOn: day(1) })
      const end = await live(code, one, life)
      await scene.run(code, day(life.length + 2))
      const rows = await settled(code)
      // Without a hole and without an overlap, from the first day to the last.
      expect(rows[0]).toMatchObject({ from: scene.at(day(1)), previous: '100.00' })
      expect(rows.at(-1)).toMatchObject({ to: scene.at(day(life.length + 2)) })
      for (const [index, row] of rows.entries()) {
        expect(cents(row.energy)).toBe(cents(row.current) - cents(row.previous))
        const next = rows[index + 1]
        if (next) expect([next.from, next.previous]).toEqual([row.to, row.current])
      }
      const sum = rows.reduce((all, { energy }) => all + cents(energy), 0n)
      expect(sum).toBe(BigInt(end - 100_00))
    }),
    { numRuns: 25 },
  )
})
