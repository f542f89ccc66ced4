import path from 'node:path'
import { parseArgs } from 'node:util'
import { archiveLines, truthOf } from '#simulators/region'
import { civilTime, milliseconds, sleep, systemClock } from '#src/core'
import { type Database, migrate } from '#src/db'
import { createRegistry, readArchive } from '#src/registry'
import type { Measured } from './measure.ts'
import { letDie, toldOf } from './region/deaths.ts'
import { makeDatabase, type Place } from './region/place.ts'
import { asked, said, start, stopped } from './region/processes.ts'
import { publishedIn, publisherRows } from './region/publishers.ts'
import { type RunSpec, realMsUntil, runOf, type Shape, type Used } from './region/spec.ts'
import { type Outcome, tableOf, type Verdict, verdictOn } from './region/verdict.ts'

const FIELD_PROCESSES = 2
const LOOK_EVERY_MS = 10_000
const never = new AbortController().signal

/**
 * The daily freeze of a hostile field (`npm run bench -- region --concentrators=1000`), on the
 * server that `--database=postgres://…` names, else on an embedded database; with `--deaths` on a
 * server of its own, which is killed twice meanwhile, as is the broker of
 * `--publishers=50` more meters.
 */
export async function run(): Promise<readonly Measured[]> {
  const shape = shapeOf(process.argv)
  const place = await makeDatabase()
  try {
    await prepare(place, shape)
    return await play(place, shape)
  } finally {
    await place.remove()
  }
}

function shapeOf(argv: readonly string[]): Shape & { readonly keeps: boolean } {
  const text = (value: string) => ({ type: 'string', default: value }) as const
  const { values } = parseArgs({
    args: argv.filter((word) => word.startsWith('--')),
    options: {
      concentrators: text('100'),
      meters: text('100'),
      seed: text('1'),
      faults: text('known'),
      hours: text('6'),
      'busy-minutes': text('40'),
      'busy-factor': text('20'),
      'rest-factor': text('60'),
      keep: { type: 'boolean', default: false },
      publishers: text('0'),
      deaths: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      database: { type: 'string' },
    },
  })
  const faults = (['none', 'known', 'kept-back', 'blind', 'unseen'] as const).find(
    (set) => set === values.faults,
  )
  if (!faults) throw new Error('--faults: none, known, kept-back, blind or unseen')
  return {
    concentrators: Number(values.concentrators),
    metersEach: Number(values.meters),
    seed: Number(values.seed),
    faults,
    hours: Number(values.hours),
    busyMinutes: Number(values['busy-minutes']),
    busyFactor: Number(values['busy-factor']),
    restFactor: Number(values['rest-factor']),
    publishers: Number(values.publishers),
    keeps: values.keep,
  }
}

/** Tables, the archive, and of all plans only the daily ones. */
async function prepare(place: Place, shape: Shape): Promise<void> {
  const { run: spec } = runOf(shape, Date.now(), place.broker?.url ?? null)
  const db = await place.open()
  try {
    const migrated = await migrate(db, path.resolve(import.meta.dirname, '../../migrations'))
    if (!migrated.ok) throw new Error('the database could not be migrated')
    await db.query(`UPDATE poll_plan SET enabled = (data_class = 'daily')`)
    const file = Buffer.from([...archiveLines(spec.region)].join(''))
    const began = performance.now()
    const rows = await readArchive(file, civilTime(spec.region.zone))
    if (!rows.ok) throw new Error(rows.error[0]?.message)
    const published = publisherRows(spec.region, shape.publishers)
    const entered = await createRegistry(db, systemClock).importArchive([
      ...rows.value,
      ...published,
    ])
    if (!entered.ok) throw new Error(entered.error[0]?.message)
    tell(`archive of ${rows.value.length} meters imported in ${secondsSince(began)} s`)
  } finally {
    await db.close()
  }
}

async function play(place: Place, shape: Shape): Promise<readonly Measured[]> {
  const { run: spec, endMs } = runOf(shape, Date.now(), place.broker?.url ?? null)
  const realMs = realMsUntil(endMs, spec.pace)
  tell(`plays ${shape.hours} h in ${Math.round(realMs / 1_000)} s`)
  const { url: databaseUrl, dataDir } = place
  const logLevel = place.cluster ? 'fatal' : 'error'
  const headEnd = start('head-end.ts', { ...spec, databaseUrl, dataDir, logLevel })
  const { dialin: port } = await said<{ dialin: number }>(headEnd)
  const before = await asked<Used>(headEnd, 'used')
  const parts = Array.from({ length: FIELD_PROCESSES }, (_, nth) =>
    start('field.ts', { ...spec, port, nth, of: FIELD_PROCESSES }),
  )
  await Promise.all(parts.map((part) => said(part)))
  const began = performance.now()
  const ended = new AbortController()
  const dying = letServersDie(place, spec, ended.signal)
  while (performance.now() - began < realMs) {
    await sleep(systemClock, milliseconds(Math.min(LOOK_EVERY_MS, realMs)), never)
    const used = await asked<Used>(headEnd, 'used')
    const field = await Promise.all(parts.map((part) => asked<FieldStats>(part, 'stats')))
    tell(progress(secondsSince(began), used, field))
  }
  ended.abort()
  await dying
  const used = await asked<Used>(headEnd, 'used')
  await Promise.all(parts.map(stopped))
  await stopped(headEnd)
  const db = await place.open()
  try {
    const verdict = verdictOn(truthOf(spec.region), await outcomesIn(db))
    show(verdict)
    const played = { startMs: spec.pace.legs[0].fromMs, endMs }
    return [
      ...rowsOf(verdict, used, before),
      ...(await publishedRows(db, shape.publishers, played)),
    ]
  } finally {
    await db.close()
  }
}

async function letServersDie(
  { cluster, broker, open }: Place,
  { pace, region }: RunSpec,
  signal: AbortSignal,
): Promise<void> {
  if (!cluster) return
  const reachable = new Set<string>()
  for (const each of truthOf(region)) if (each.reachable) reachable.add(each.meterAddress)
  const after = () => toldOf(open, (meterAddress) => reachable.has(meterAddress))
  const of = { pace, tell, signal }
  await Promise.all([
    letDie({ ...of, who: cluster, times: 'database', after }),
    broker && letDie({ ...of, who: broker, times: 'broker', after: null }),
  ])
}

interface FieldStats {
  readonly devices: number
  readonly connected: number
  readonly answers: number
  readonly rssBytes: number
}

function progress(atSeconds: string, used: Used, field: readonly FieldStats[]): string {
  const sum = (of: (each: FieldStats) => number) => field.reduce((all, each) => all + of(each), 0)
  return (
    `${atSeconds} s: ${sum(({ connected }) => connected)} connected, ` +
    `${sum(({ answers }) => answers)} answers; head-end ${(used.cpuMs / 1_000).toFixed(1)} s CPU, ` +
    `${mebibytes(used.rssBytes)}; field ${mebibytes(sum(({ rssBytes }) => rssBytes))}`
  )
}

interface Row {
  readonly address: string
  readonly state: string
  readonly reason: string | null
  readonly cause: string | null
}

/** Of each meter the first slot of the day that was played. */
async function outcomesIn(db: Database): Promise<ReadonlyMap<string, Outcome>> {
  const rows = await db.query<Row>(
    `SELECT DISTINCT ON (m.id) m.address, s.state::text AS state, s.reason, d.cause
     FROM meter m
     JOIN collection_slot s ON s.meter_id = m.id
     LEFT JOIN meter_diagnosis d ON d.meter_id = m.id
       AND d.business_date = (s.slot_start AT TIME ZONE 'Asia/Shanghai')::date
     ORDER BY m.id, s.slot_start`,
  )
  return new Map(
    rows.map(({ address, state, reason, cause }) => [
      address,
      { address, received: state === '2' || state === '3', reason, cause },
    ]),
  )
}

function show(verdict: Verdict): void {
  const { lost, confusion, faults, reasons } = verdict
  process.stdout.write(`\n${tableOf(reasons, 'fault \\ reason in the ledger')}\n`)
  process.stdout.write(`\n${tableOf(faults, 'fault: true cause \\ told cause')}\n`)
  process.stdout.write(`\n${tableOf(confusion, 'true cause \\ told cause')}\n\n`)
  for (const { meterAddress, concentrator, fault, reason } of lost.slice(0, 20)) {
    process.stdout.write(`lost: ${meterAddress} behind ${concentrator}: ${fault}, ${reason}\n`)
  }
  if (lost.length > 0) process.stdout.write(`lost in all: ${lost.length}\n`)
}

function rowsOf(verdict: Verdict, used: Used, before: Used): readonly Measured[] {
  const { reachable, received, missing, rightCauses } = verdict
  return [
    {
      name: `daily freeze of ${verdict.meters} meters, ${reachable} of them reachable`,
      ours: (100 * received) / reachable,
      limit: 99.9,
      unit: '%',
      against: 'goal',
    },
    {
      name: `cause right of ${missing} missing`,
      ours: missing === 0 ? 100 : (100 * rightCauses) / missing,
      limit: 95,
      unit: '%',
      against: 'goal',
    },
    {
      name: "head-end's own processor time",
      ours: (used.cpuMs - before.cpuMs) / 1_000,
      limit: 600,
      unit: 's',
      against: 'at most',
    },
    {
      name: "head-end's resident memory at its highest",
      ours: used.rssMaxBytes / 2 ** 20,
      limit: 4_096,
      unit: 'MiB',
      against: 'at most',
    },
  ]
}

async function publishedRows(
  db: Database,
  count: number,
  played: { readonly startMs: number; readonly endMs: number },
): Promise<readonly Measured[]> {
  if (count === 0) return []
  const { days, intervals } = await publishedIn(db, count, played)
  const goal = { limit: 99.9, unit: '%', against: 'goal' } as const
  return [
    { name: `daily freezes of ${count} publishing meters`, ours: 100 * days, ...goal },
    { name: 'quarter hours of the same', ours: 100 * intervals, ...goal },
  ]
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}

const secondsSince = (ms: number) => ((performance.now() - ms) / 1_000).toFixed(1)
const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`
