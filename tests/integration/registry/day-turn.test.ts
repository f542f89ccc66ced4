import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { civilTime, type Instant, instant } from '#src/core'
import { createPointHistory, createRegistry, parseArchive, type Registry } from '#src/registry'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

const civil = civilTime('Asia/Shanghai')
const DAY_MS = 24 * 3_600_000
/** 2026-01-01 in the utility's time; days are counted from it. */
const FIRST = instant(Date.UTC(2025, 11, 31, 16))
const dayOf = (day: number): Instant => instant(FIRST + day * DAY_MS)
const written = (day: number): string =>
  new Date(FIRST + (day + 0.5) * DAY_MS).toISOString().slice(0, 10)

let database: TestDatabase
let clock: ManualClock
let registry: Registry
// One each: what has begun in an archive does not begin again.
beforeEach(async () => {
  database = await migratedDatabase()
})
afterEach(() => database.close())

/** A head-end that begins, or begins anew, at noon of a day. */
function begin(day: number): void {
  clock = new ManualClock(dayOf(day) + DAY_MS / 2)
  registry = createRegistry(database.db, clock)
}

async function entered(columns: string, ...lines: readonly string[]): Promise<boolean> {
  const header = `concentrator,protocol,meter_address,${columns}`
  const text = [header, ...lines.map((line) => `C1,dlt645-2007,${line}`)].join('\n')
  const parsed = parseArchive(new TextEncoder().encode(text), civil)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  return (await registry.importArchive(parsed.value)).ok
}

/** What everybody who asks for today sees. */
async function today(point: string) {
  const [now] = await database.db.query<{
    area: string | null
    account: string | null
    feeder: string | null
    meter: string | null
  }>(
    `select t.code as area, a.no as account, f.code as feeder,
       (select m.address from installation_now i join meter m on m.id = i.meter_id
         where i.usage_point_id = p.id) as meter
     from usage_point p left join transformer t on t.id = p.transformer_id
     left join feeder f on f.id = t.feeder_id left join account a on a.id = p.account_id
     where p.code = $1::text`,
    [point],
  )
  return now
}

describe('what is entered for a later day', () => {
  test('holds from that day on, also when nobody was there as it began', async () => {
    begin(10)
    const columns = 'usage_point,account,transformer,feeder,ct,valid_from'
    await entered(columns, `1,P1,A1,T1,F1,1,${written(1)}`)
    const before = { area: 'T1', account: 'A1', feeder: 'F1', meter: '000000000001' }
    expect(await today('P1')).toEqual(before)

    await entered(columns, `2,P1,A2,T2,F2,1,${written(12)}`)
    await entered('usage_point,feeder,transformer,valid_from', `1,P1,F3,T1,${written(14)}`)
    expect(await today('P1')).toEqual(before)
    const old = await registry.meterByAddress('dlt645-2007', '000000000001')
    expect(old).toMatchObject([{ usagePoint: 'P1', account: 'A1' }])
    const [coming] = await registry.meterByAddress('dlt645-2007', '000000000002')
    expect(coming).toMatchObject({ usagePoint: null, removed: true })

    clock = new ManualClock(dayOf(12) - 1)
    registry = createRegistry(database.db, clock)
    expect(await registry.turn()).toBe(false)
    expect(await today('P1')).toEqual(before)
    const revision = await registry.revision()

    // The process was dead over midnight.
    begin(12)
    expect(await registry.turn()).toBe(true)
    expect(await registry.turn()).toBe(false)
    expect(await registry.revision()).toBe(revision + 1n)
    expect(await today('P1')).toEqual({
      ...{ area: 'T2', account: 'A2', feeder: 'F2', meter: '000000000002' },
    })
    expect(await registry.meterByAddress('dlt645-2007', '000000000001')).toMatchObject([
      { removed: true },
    ])
  })

  test('stays while what holds today is said again, or changes before', async () => {
    begin(20)
    const columns = 'usage_point,account,transformer,valid_from'
    await entered(columns, `5,Q1,B1,U1,${written(2)}`)
    await entered(columns, `5,Q1,B2,U1,${written(30)}`)
    // The whole of today's archive comes again every night.
    expect(await entered(columns, `5,Q1,B1,U1,${written(2)}`)).toBe(true)
    expect(await entered(columns, `5,Q1,B3,U2,${written(15)}`)).toBe(true)
    expect(await today('Q1')).toMatchObject({ account: 'B3', area: 'U2' })
    begin(30)
    await registry.turn()
    expect(await today('Q1')).toMatchObject({ account: 'B2', area: 'U2' })
  })
})

/** One word of somebody on some day: from when on which account and area. */
interface Word {
  readonly said: number
  readonly from: number
  readonly account: string
  readonly area: string
}

describe('the world of any day', () => {
  test('is what a naive replay of the words says, told ahead, late or again', async () => {
    let runs = 0
    const words = fc.array(
      fc.record({
        wait: fc.integer({ min: 0, max: 3 }),
        ahead: fc.integer({ min: -4, max: 6 }),
        account: fc.constantFrom('X', 'Y', 'Z'),
        area: fc.constantFrom('V1', 'V2', 'V3'),
      }),
      { minLength: 1, maxLength: 7 },
    )
    await fc.assert(
      fc.asyncProperty(words, async (steps) => {
        runs += 1
        const point = `R${runs}`
        const kept: Word[] = []
        let now = 100 + runs * 40
        for (const { wait, ahead, account, area } of steps) {
          now += wait
          begin(now)
          await registry.turn()
          const word = { said: now, from: now + ahead, account: `${account}${runs}`, area }
          const cells = [runs + 100, point, word.account, area, written(word.from)].join(',')
          if (await entered('usage_point,account,transformer,valid_from', cells)) kept.push(word)
          const seen = await today(point)
          expect([seen?.account ?? null, seen?.area ?? null]).toEqual(worldOf(kept, now))
          const history = createPointHistory(database.db)
          for (let day = now - 6; day <= now + 8; day++) {
            const at = await history.at(point, instant(dayOf(day) + 1))
            const told = [at?.account?.no ?? null, at?.places[0]?.node ?? null]
            expect(told, `day ${day} of ${JSON.stringify(kept)}`).toEqual(worldOf(kept, day))
          }
        }
      }),
      { numRuns: 12 },
    )
  }, 120_000)
})

/**
 * Day by day: a word holds from its day until the next day for which another one was told ahead. One
 * on a time before all that is known corrects the area, as nobody knew another.
 */
function worldOf(words: readonly Word[], day: number) {
  const accounts = new Map<number, string>()
  const areas = new Map<number, string>()
  for (const { said, from, account, area } of words) {
    tell(accounts, said, from, account, false)
    tell(areas, said, from, area, true)
  }
  return [heldOn(accounts, day), heldOn(areas, day)]
}

function heldOn(changes: ReadonlyMap<number, string>, day: number): string | null {
  const days = [...changes.keys()].filter((one) => one <= day)
  return days.length === 0 ? null : (changes.get(Math.max(...days)) ?? null)
}

function tell(
  changes: Map<number, string>,
  said: number,
  from: number,
  value: string,
  corrects: boolean,
): void {
  const about = Math.max(said, from)
  if (heldOn(changes, about) === value) return
  const began = [...changes.keys()].filter((one) => one <= about)
  const last = began.length === 0 ? undefined : Math.max(...began)
  if (last !== undefined && from <= last) {
    if (!corrects) throw new Error('an account for a time that has one is refused')
    changes.delete(last)
  }
  changes.set(from, value)
}
