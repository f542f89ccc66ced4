import {
  civilTime,
  type Instant,
  type MeterId,
  parseBusinessDate,
  type UsagePointId,
} from '#src/core'
import {
  type BatchRow,
  createReadingDays,
  type ReadingDays,
  type RunOutcome,
} from '#src/reading-days'
import { createUsageGroups } from '#src/registry'
import { ManualClock, type TestDatabase } from '#tests/support'
import { type Field, openField, reading } from '../metering/field.ts'

export interface Customer {
  readonly place: UsagePointId
  readonly code: string
  readonly meter: MeterId
  readonly account: string
}

/** A field with routes over it, and a clock that tests turn. */
export interface Scene extends Field {
  readonly database: TestDatabase
  readonly clock: ManualClock
  readonly days: ReadingDays
  /** A group of usage points listed by hand, and a route that reads it on the 5th. */
  route(code: string, customers: readonly Customer[], settings?: object): Promise<void>
  customer(hung?: { readonly from?: Instant; readonly account?: boolean }): Promise<Customer>
  uses(place: UsagePointId, account: string, from: Instant, to?: Instant): Promise<void>
  says(meter: MeterId, day: string, digits: number, register?: string): Promise<void>
  estimates(meter: MeterId, day: string, digits: number): Promise<void>
  at(day: string): Instant
  nextRoute(): string
  /** Up to a day, the last reading day if none is named. */
  run(code: string, day?: string): Promise<RunOutcome>
  rowsOf(outcome: RunOutcome): Promise<readonly BatchRow[]>
  /** Time passes until then. */
  until(day: string): Promise<void>
}

export const zone = 'Asia/Shanghai'

export async function openScene(): Promise<Scene> {
  const field = await openField(zone)
  const civil = civilTime(zone)
  const { db } = field.database
  const clock = new ManualClock(civil.startOf(date('2026-09-01')))
  const days = createReadingDays({ db, clock, civil })
  const groups = createUsageGroups(db, clock)
  let accounts = 0
  let routes = 0
  const at = (text: string): Instant => {
    const [day = '', time] = text.split(' ')
    const begin = civil.startOf(date(day))
    const [hour = 0, minute = 0] = (time ?? '0:0').split(':').map(Number)
    return (begin + (hour * 60 + minute) * 60_000) as Instant
  }

  async function uses(place: UsagePointId, account: string, from: Instant, to?: Instant) {
    await db.query(
      `insert into customer (name, class) select $1::text, 'residential' where not exists (
      select from customer where name = $1::text)`,
      [account],
    )
    await db.query(
      `insert into account (no, customer_id) select $1, id from customer where name = $1
       on conflict do nothing`,
      [account],
    )
    await db.query(
      `insert into account_usage_point (usage_point_id, account_id, valid_from, valid_to)
       select $1::int, id, to_timestamp($3::float8 / 1000), to_timestamp($4::float8 / 1000)
       from account where no = $2`,
      [place, account, from, to ?? null],
    )
  }

  return {
    ...field,
    clock,
    days,
    at,
    uses,
    nextRoute() {
      routes += 1
      return `R${routes}`
    },
    async run(code, day) {
      const done = await days.run(code, day === undefined ? undefined : date(day), 'test')
      if (!done.ok) throw new Error(JSON.stringify(done.error))
      return done.value
    },
    rowsOf: async ({ batch }) =>
      batch === null ? [] : await days.rows(batch.id, { after: null, limit: 1_000 }),
    until: (day) => clock.advance(at(day) - clock.now()),
    async customer({ from = 0 as Instant, account = true } = {}) {
      const [place, meter] = [await field.newPlace(), await field.newMeter()]
      await field.install(place, { meter, from })
      accounts += 1
      const no = `33${String(accounts).padStart(8, '0')}`
      if (account) await uses(place, no, from)
      const [row] = await db.query<{ code: string }>(`select code from usage_point where id = $1`, [
        place,
      ])
      return { place, meter, account: no, code: row?.code ?? '' }
    },
    async route(code, customers, settings = {}) {
      const group = await groups.create({ name: `group ${code}` }, 'test')
      if (!group.ok) throw new Error('a group of that name is there')
      const codes = customers.map((one) => one.code)
      await groups.add(group.value.id, { usagePoints: codes }, at('2026-01-01'))
      const made = await days.setRoute(
        {
          ...{ code, name: '', group: `group ${code}`, day: 5, everyMonths: 1, publishAt: '08:00' },
          ...{ waitDays: 2, registers: ['1.8.0', '1.8.1'], language: 'en' as const },
          ...{ startsOn: date('2026-09-05'), ...settings },
        },
        'test',
      )
      if (!made.ok) throw new Error(made.error.kind)
    },
    async says(meter, day, digits, register = '1.8.0') {
      const item = register as '1.8.0'
      await field.readings.store([reading(meter, at(day), digits, 2, { item, dataClass: 'daily' })])
    },
    async estimates(meter, day, digits) {
      await db.query(
        `insert into register_value (meter_id, register, measured_at, digits, scale, kind, method,
           rule, rule_version, state, made_by, made_at)
         values ($1, '1.8.0', to_timestamp($2::float8 / 1000), $3, 2, 'estimated', 'linear', 'fill',
           1, 'in-force', 'hes', to_timestamp($2::float8 / 1000))`,
        [meter, at(day), digits],
      )
    },
  }
}

export function date(text: string) {
  const found = parseBusinessDate(text)
  if (found === undefined) throw new Error(`${text} is no date`)
  return found
}

export const told = (rows: readonly BatchRow[]) =>
  rows.map(({ account, register, previous, current, multiplier, energy, how }) =>
    [account, register, previous, current, multiplier, energy, how].join(' '),
  )
