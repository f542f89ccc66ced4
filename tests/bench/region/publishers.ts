import { type Device, type FieldPorts, residentOf, startPublisher } from '#simulators/fleet'
import { SimulatedMeter, Site } from '#simulators/meter'
import type { RegionSpec } from '#simulators/region'
import { instant } from '#src/core'
import type { Database } from '#src/db'
import type { ArchiveRow } from '#src/registry'

const FIRST_YEAR = 2022
const EVERY_MS = 600_000
const BACKLOG_HOURS = 26
const INTERVAL_MS = 900_000
/** What was measured shortly before the end may be on its way. */
const SETTLED_MS = 2 * EVERY_MS + INTERVAL_MS

/** Meters of a region that publish what they measure, after those that are asked. */
function residents({ seed, concentrators, metersEach }: RegionSpec, count: number) {
  const need = {
    phases: null,
    area: concentrators + 1,
    address: (nth: number) => `3310${String(nth).padStart(8, '0')}`,
  }
  return Array.from({ length: count }, (_, index) =>
    residentOf({ seed, firstYear: FIRST_YEAR }, concentrators * metersEach + index + 1, need),
  )
}

export function publisherRows(region: RegionSpec, count: number): readonly ArchiveRow[] {
  return residents(region, count).map(({ archive }) => ({
    ...archive,
    ...{ concentrator: null, concentratorName: null, profile: null, model: 'SIM-MQTT' },
    ...{ channel: 'mqtt', channelKind: 'mqtt', channelSettings: {}, protocol: 'mqtt' },
    validFrom: instant(archive.validFrom),
  }))
}

export function startPublishers(
  region: RegionSpec,
  count: number,
  url: string,
  { clock }: FieldPorts,
): readonly Device[] {
  const site = new Site(region.zone, region.seed)
  return residents(region, count).map(({ spec }) =>
    startPublisher(
      {
        url,
        meter: new SimulatedMeter(site, spec),
        family: 'openhes',
        everyMs: EVERY_MS,
        backlogHours: BACKLOG_HOURS,
      },
      clock,
    ),
  )
}

/** Shares of the daily freezes and of the quarter hours of publishing meters that are stored. */
export async function publishedIn(
  db: Database,
  count: number,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
): Promise<{ readonly days: number; readonly intervals: number }> {
  const fromMs = startMs - (BACKLOG_HOURS - 1) * 3_600_000
  const toMs = endMs - SETTLED_MS
  const rows = await db.query<{ readonly days: number; readonly intervals: number }>(
    `select
       (select count(*)::int from reading_daily r join meter m on m.id = r.meter_id
        where m.protocol = 'mqtt' and r.measured_at >= to_timestamp($1::float8 / 1000)) as days,
       (select count(*)::int from reading_curve r join meter m on m.id = r.meter_id
        where m.protocol = 'mqtt' and r.measured_at >= to_timestamp($1::float8 / 1000)
          and r.measured_at < to_timestamp($2::float8 / 1000)
          and extract(epoch from r.measured_at)::bigint % 900 = 0) as intervals`,
    [fromMs, toMs],
  )
  const { days = 0, intervals = 0 } = rows[0] ?? {}
  const expected = Math.floor((toMs - 1) / INTERVAL_MS) - Math.floor((fromMs - 1) / INTERVAL_MS)
  return { days: days / count, intervals: intervals / (expected * count) }
}
