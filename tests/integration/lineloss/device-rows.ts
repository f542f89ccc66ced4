import { civilTime, idOf, instant } from '#src/core'
import type { Database, Db } from '#src/db'
import { createReadings, type StoredReading } from '#src/readings'
import type { OraclePlate, OracleSwap, World } from './oracle-world.ts'
import { at, DAYS, START } from './world-dice.ts'

const DAY_MS = 86_400_000
const civil = civilTime('Asia/Shanghai')

/** Writes transformers, lines, swaps and registers that fell. */
export async function writeDevices(db: Database, world: World): Promise<void> {
  await addPlates(db, world.plates)
  // Computed at the end of the month: nothing makes them anew from lines that nobody drew.
  await db.query(
    `insert into loss_network (node_id, voltage, equivalent_ohm, shape, computed_at, valid_from)
     select n, v, r / 1000, s / 100, $5::timestamptz, '-infinity'
     from unnest($1::int[], $2::int[], $3::numeric[], $4::numeric[]) u (n, v, r, s)`,
    [
      world.networks.map(({ node }) => node),
      world.networks.map(({ voltage }) => Number(voltage)),
      world.networks.map(({ milliOhm }) => milliOhm),
      world.networks.map(({ shape }) => shape),
      at(DAYS * 24),
    ],
  )
  await db.query(
    `insert into channel (name, kind) select 'devices', 'tcp'
     where not exists (select from channel where name = 'devices')`,
  )
  for (const swap of world.swaps) await writeSwap(db, swap)
  for (const { point, day } of world.falls) {
    const { meter } = await hang(db, point, '2020-01-01T00:00Z', null)
    const told = (nth: number, digits: number): StoredReading => ({
      ...{ meterId: idOf<'meter'>(meter), item: '1.8.0' as const, dataClass: 'daily' as const },
      ...{ value: { kind: 'number' as const, digits, scale: 2 }, quality: 'good' as const },
      ...{ measuredAt: instant(START + nth * DAY_MS) },
      ...{ receivedAt: instant(START + nth * DAY_MS + 60_000) },
      ...{ timeSource: 'meter' as const, source: 'poll' as const },
    })
    await createReadings(db, civil).store([told(day, 90_000), told(day + 1, 1_000)])
  }
}

export async function addPlates(db: Db, plates: readonly OraclePlate[]): Promise<void> {
  for (const { code, node, point, kva, ironW, copperW, side, from, to } of plates) {
    await db.query(
      `insert into power_transformer (code, node_id, usage_point_id, rated_kva, no_load_loss_w,
         load_loss_w, no_load_current_percent, short_circuit_percent, metered_side, valid_from,
         valid_to)
       values ($1, $2, $3, $4::numeric, $5::numeric, $6::numeric, 1, 4, $7,
         coalesce($8::timestamptz, '2020-01-01T00:00Z'), $9::timestamptz)`,
      [code, node ?? null, point ?? null, kva, ironW, copperW, side, at(from), at(to)],
    )
  }
}

async function writeSwap(db: Db, { point, at: hour, isNoted }: OracleSwap): Promise<void> {
  const old = await hang(db, point, '2020-01-01T00:00Z', at(hour))
  const next = await hang(db, point, at(hour), null)
  if (!isNoted) return
  await db.query(
    `insert into installation_register (installation_id, register, opening_digits, opening_scale,
       closing_digits, closing_scale)
     values ($1, '1.8.0', null, null, 500, 2), ($2, '1.8.0', 0, 2, null, null)`,
    [old.installation, next.installation],
  )
}

async function hang(db: Db, point: number, from: string | null, to: string | null) {
  const [row] = await db.query<{ meter: number; installation: number }>(
    `with m as (
       insert into meter (address, protocol, channel_id)
       select 'M' || coalesce(max(x.id), 0) + 1, 'modbus',
         (select id from channel where name = 'devices')
       from meter x returning id)
     insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
       pt_numerator, pt_denominator, valid_from, valid_to)
     select $1, id, 1, 1, 1, 1, $2::timestamptz, $3::timestamptz from m
     returning meter_id as meter, id as installation`,
    [point, from, to],
  )
  if (row === undefined) throw new Error('nothing was hung')
  return row
}
