import { decimalText, type ItemCode } from '#protocols/model'
import type { CivilTime, Instant, MeterId } from '#src/core'
import { type Database, persistently } from '#src/db'
import { asSent, curve, decimalsAt } from './columns.ts'
import { countReadings, latestReadings, listReadings, newestReadings } from './list.ts'
import { createMaintenance } from './maintenance.ts'
import { createStore } from './store.ts'
import { samplesSince, trendOf } from './trend.ts'
import type { CurvePoint, Readings } from './types.ts'

export function createReadings(db: Database, civil: CivilTime): Readings {
  return {
    store: createStore(persistently(db), civil),
    list: (meterId, query) => listReadings(db, meterId, query),
    latest: (meterIds) => latestReadings(db, meterIds),
    curve: (meterId, register, from, to, pointsMax) =>
      curveOf(db, meterId, register, from, to, pointsMax),
    trend: (meterId, register, query) => trendOf(db, meterId, register, query),
    samples: async (register, queries, tx = db) =>
      queries.length === 0 ? [] : await samplesSince(tx, register, queries),
    newest: (limit) => newestReadings(db, limit),
    countSince: (since) => countReadings(db, since),
    maintenance: createMaintenance(db, civil),
  }
}

/** The last value of each of `pointsMax` equal stretches; only quantities of the curve table. */
async function curveOf(
  db: Database,
  meterId: MeterId,
  register: ItemCode,
  from: Instant,
  to: Instant,
  pointsMax: number,
): Promise<readonly CurvePoint[]> {
  const index = curve.indexOf.get(register) ?? -1
  const column = curve.columns[index]
  if (column === undefined || to <= from || pointsMax < 1) return []
  const rows = await db.query<{ measured_at: Instant; value: bigint; decimals: bigint }>(
    `select distinct on (bucket) measured_at, value, decimals from (
       select measured_at, ${column.name}::bigint as value, decimals,
         width_bucket(extract(epoch from measured_at)::float8 * 1000, $2::float8, $3::float8,
           $4::int) as bucket
       from reading_curve
       where meter_id = $1::int and ${column.name} is not null
         and measured_at >= to_timestamp($2::float8 / 1000)
         and measured_at < to_timestamp($3::float8 / 1000)) as readings
     order by bucket, measured_at desc`,
    [meterId, from, to, pointsMax],
  )
  return rows.map(({ measured_at, value, decimals }) => {
    const { digits, scale } = asSent(column, value, decimalsAt(decimals, index))
    return { at: measured_at, value: decimalText(digits, scale) }
  })
}
