import { createCases } from '#src/cases'
import { civilTime, idOf, type MeterId, minutes, seconds } from '#src/core'
import type { Database } from '#src/db'
import {
  createFieldOrders,
  createFieldRunner,
  type FieldOrder,
  type FieldReport,
} from '#src/fieldwork'
import { createReadings } from '#src/readings'
import { ManualClock } from '#tests/support'
import { Death, Fuse, mortal, PlayedField } from './played-field.ts'

const civil = civilTime('Asia/Shanghai')
const { signal } = new AbortController()
let sites = 0

/** A usage point with a meter behind a terminal of its own, and all that works on it. */
export async function siteIn(db: Database) {
  const nth = ++sites
  const clock = new ManualClock()
  const old = `11${String(nth).padStart(10, '0')}`
  const came = `22${String(nth).padStart(10, '0')}`
  const one = async (text: string, values: readonly unknown[]) => {
    const [row] = await db.query<{ id: number }>(text, values)
    return row?.id ?? 0
  }
  const channel = await one(
    `insert into channel (name, kind, settings)
     values ($1::text, 'dialin', jsonb_build_object('identity', $2::text)) returning id`,
    [`c${nth}`, `3301-${String(nth).padStart(4, '0')}`],
  )
  const concentrator = await one(
    `insert into concentrator (address, channel_id) values ($1::text, $2::int) returning id`,
    [`3301-${String(nth).padStart(4, '0')}`, channel],
  )
  const meter: MeterId = idOf(
    await one(
      `insert into meter (address, protocol, channel_id)
       values ($1::text, 'dlt645-2007', $2::int) returning id`,
      [old, channel],
    ),
  )
  const point = await one(`insert into usage_point (code) values ($1::text) returning id`, [
    `UP${nth}`,
  ])
  await db.query(
    `insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
       pt_numerator, pt_denominator, valid_from)
     values ($1::int, $2::int, 100, 5, 1, 1, '2026-01-01')`,
    [point, meter],
  )
  const fuse = new Fuse()
  const field = new PlayedField(clock, fuse)
  field.points.set(4, { number: 4, point: 4, address: old })
  field.registers.set(meter, [{ register: '1.8.0', value: '123.45' }])
  const told: string[] = []
  const cases = createCases(db, clock)
  const runner = (own: Database = db) => {
    const alive = mortal(own, fuse)
    return createFieldRunner({
      db: alive,
      clock,
      talk: field,
      readings: {
        async store(batch) {
          fuse.moment()
          const outcome = await createReadings(db, civil).store(batch)
          fuse.moment()
          return outcome
        },
      },
      slots: {
        meterGone: async (id, from) => void told.push(`-${id}@${from}`),
        meterCame: async (id, from) => void told.push(`+${id}@${from}`),
      },
      archiveChanged: async () => {
        // The new meter answers as soon as it is served.
        const [row] = await db.query<{ id: number }>(`select id from meter where address = $1`, [
          came,
        ])
        if (row) field.registers.set(idOf(row.id), [{ register: '1.8.0', value: '0.31' }])
      },
      cases: createCases(alive, clock),
      report: () => {},
    })
  }
  const orders = createFieldOrders(db, clock)
  const report: FieldReport = {
    at: '2026-11-22T11:30:00+08:00',
    newMeter: { address: came, protocol: 'dlt645-2007' },
    closing: [{ register: '1.8.0', value: '123.50' }],
    opening: [{ register: '1.8.0', value: '0.30' }],
    photos: ['photo/17'],
  }
  const replace = async (key = `replace ${nth}`) => {
    const ordered = await orders.order({
      key,
      kind: 'replace',
      spec: { meter, reason: 'the seal was broken' },
      requestedBy: 'wang',
    })
    if (!ordered.ok) throw new Error(ordered.error.message)
    return ordered.value
  }
  /** Carries on until nothing more happens by itself, whatever dies meanwhile. */
  const carryOn = async (order: FieldOrder, deaths: readonly number[] = []) => {
    const waiting = [...deaths]
    fuse.lit(waiting.shift() ?? Number.POSITIVE_INFINITY)
    let process = runner()
    for (let round = 0; round < 60; round++) {
      try {
        await process.round(signal)
      } catch (error) {
        if (!(error instanceof Death)) throw error
        process = runner()
        fuse.lit(waiting.shift() ?? Number.POSITIVE_INFINITY)
        await clock.advance(minutes(11))
      }
      const now = await orders.get(order.id)
      if (!now || now.endedAt !== null) return now
      await clock.advance(seconds(70))
    }
    return await orders.get(order.id)
  }
  const archive = () =>
    db.query(
      `select m.address, i.ct_numerator, i.valid_from, i.valid_to, m.retired_at
       from installation i join meter m on m.id = i.meter_id
       where i.usage_point_id = $1::int order by i.valid_from`,
      [point],
    )
  return {
    clock,
    orders,
    field,
    fuse,
    cases,
    report,
    replace,
    carryOn,
    archive,
    told,
    meter,
    old,
    came,
    point,
    channel,
    concentrator,
    runner,
    nth,
  }
}
