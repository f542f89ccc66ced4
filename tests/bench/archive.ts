import { civilTime, systemClock } from '#src/core'
import { createArchiveChecks } from '#src/grid/checks'
import { type ArchiveFile, createArchiveDesk } from '#src/registry'
import { hasServer, migratedDatabase } from '#tests/support'
import type { Measured } from './measure.ts'

/** On a server so many, 100,000 unless told; the embedded database is for smaller fields. */
const METERS = Number(process.env.BENCH_METERS ?? (hasServer ? 100_000 : 5_000))
const AREA = 100
const civil = civilTime('Asia/Shanghai')
const tables = [
  ...['meter', 'customer', 'account', 'usage_point', 'account_usage_point', 'usage_point_place'],
  ...['contract', 'installation', 'archive_change'],
]

/** A file of a whole archive against bare copies of the rows that it writes, and its daily checks. */
export async function run(): Promise<readonly Measured[]> {
  const { db, close } = await migratedDatabase()
  try {
    const protocols = async () => ({ 'dlt645-2007': null })
    const desk = createArchiveDesk({ db, civil, clock: systemClock, protocols })
    const checks = createArchiveChecks({ db, civil, clock: systemClock })
    const bytes = new TextEncoder().encode(archive())
    const file = { kind: 'archive', name: 'archive.csv', bytes } as const
    const take = async (given: ArchiveFile) => {
      const done = await desk.importNow(given, 'bench')
      if (!done.ok) throw new Error(JSON.stringify(done.error))
    }
    const imported = await secondsOf(() => take(file))
    const again = await secondsOf(() => take(file))
    const copied = await secondsOf(async () => {
      for (const table of tables) await db.query(`create table bare_${table} as table ${table}`)
    })
    const batch = {
      ...file,
      kind: 'marketing',
      bytes: new TextEncoder().encode(accounts()),
    } as const
    const followed = await secondsOf(() => take(batch))
    await db.query('analyze')
    const looked = await secondsOf(() => checks.look())
    const compared = await secondsOf(() => checks.compare())
    const scanned = await secondsOf(async () => {
      for (const table of tables) await db.query(`select count(*) from bare_${table}`)
    })
    const of = (what: string, seconds: number, limit: number, against: string): Measured => ({
      ...{ name: `${db.kind} database, ${METERS} meters: ${what}`, unit: 'meters/s', against },
      ...{ ours: METERS / seconds, limit: METERS / limit },
    })
    const copies = 'copies of the same rows without index'
    const scans = 'a bare scan of the same rows'
    return [
      of('an archive imported', imported, copied, copies),
      of('the same file again', again, scanned, scans),
      of('a batch of the marketing system', followed, copied, copies),
      of('the archive looked through', looked, scanned, scans),
      of('compared with the marketing system', compared, scanned, scans),
    ]
  } finally {
    await close()
  }
}

const numbers = () => Array.from({ length: METERS }, (_, index) => index)

function archive(): string {
  const header =
    'concentrator,meter_address,protocol,wiring,nominal_voltage,max_current,usage_point,longitude,' +
    'latitude,account,customer,contract,tariff,trade,capacity_kva,region,feeder,transformer,phase,valid_from'
  const row = (index: number): string => {
    const area = Math.trunc(index / AREA)
    const [longitude, latitude] = [
      120 + (index % 1_000) / 1e4,
      30 + Math.trunc(index / 1_000) / 1e4,
    ]
    return [
      ...[330_100_000_000 + area, 330_120_000_000 + index, 'dlt645-2007', '1p2w', 220, 60],
      ...[`P-${index}`, longitude.toFixed(4), latitude.toFixed(4), 3_300_000_000 + index],
      ...[`Customer ${index}`, `V-${index}`, 'R1', 9910, 8, 'R1', `F${Math.trunc(area / 20)}`],
      ...[`T${area}`, ['A', 'B', 'C'][index % 3], '2024-01-01'],
    ].join(',')
  }
  return [header, ...numbers().map(row)].join('\n')
}

/** As the archive has it, but for one account in a thousand. */
function accounts(): string {
  const row = (index: number) =>
    [
      ...[3_300_000_000 + index, `Customer ${index}`, `P-${index}`, `V-${index}`, 'R1', 9910, 8],
      ...[`T${Math.trunc(index / AREA)}`, 330_120_000_000 + index + (index % 1_000 === 0 ? 1 : 0)],
    ].join(',')
  const header =
    'account,customer,usage_point,contract,tariff,trade,capacity_kva,transformer,meter_address'
  return [header, ...numbers().map(row)].join('\n')
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}
