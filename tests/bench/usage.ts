import http from 'node:http'
import { buildApi } from '#src/api'
import { civilTime, type Instant } from '#src/core'
import { type Database, vacuumAnalyze } from '#src/db'
import { createAudit, createIdentity, scryptPasswords } from '#src/identity'
import { createMetering } from '#src/metering'
import { createLogger, createMetrics } from '#src/observe'
import { createReadings } from '#src/readings'
import { createRegistry } from '#src/registry'
import { idleWork, ManualClock, migratedDatabase } from '#tests/support'
import type { Measured } from './measure.ts'

const METERS = 20
/** The meter whose usage is asked for; one in the middle, as in any archive. */
const METER = 10
const FROM = Date.UTC(2026, 9, 1) - 8 * 3_600_000
const TO = Date.UTC(2026, 10, 1) - 8 * 3_600_000
const QUARTERS = (TO - FROM) / 900_000
const ROUNDS = 7
const ASKED_IN_A_ROUND = 20
const PASSWORD = 'bench-password-a8f2'

/** A month of one meter's 15-minute usage over HTTP, against the SQL that fetches its registers. */
export async function run(): Promise<readonly Measured[]> {
  const { db, close } = await migratedDatabase()
  try {
    await fill(db)
    const clock = new ManualClock(TO)
    const api = await startApi(db, clock)
    const path = `/api/v1/accounts/A1/usage?from=2026-10-01&to=2026-11-01&granularity=15min`
    const { items } = JSON.parse(await api.get(path))
    if (items.length !== QUARTERS) throw new Error(`${items.length} of ${QUARTERS} periods came`)
    const overHttp = async () => {
      await api.get(path)
    }
    const inSql = async () => {
      const rows = await registers(db)
      if (rows.length !== QUARTERS + 1) throw new Error(`${rows.length} rows came`)
    }
    const best = { ours: Number.POSITIVE_INFINITY, limit: Number.POSITIVE_INFINITY }
    for (let round = 0; round < ROUNDS; round++) {
      best.limit = Math.min(best.limit, await millisecondsOf(inSql))
      best.ours = Math.min(best.ours, await millisecondsOf(overHttp))
    }
    await api.close()
    return [
      {
        name: `${db.kind} database: a month of 15-minute usage over the API`,
        ...best,
        unit: 'ms',
        against: 'bare SQL (lower is better)',
      },
    ]
  } finally {
    await close()
  }
}

async function millisecondsOf(ask: () => Promise<void>): Promise<number> {
  const start = performance.now()
  for (let asked = 0; asked < ASKED_IN_A_ROUND; asked++) await ask()
  return (performance.now() - start) / ASKED_IN_A_ROUND
}

function registers(db: Database): Promise<{ measured_at: Instant; energy_import: bigint }[]> {
  return db.query(
    `select measured_at, energy_import from reading_curve
     where meter_id = $1::int and measured_at >= to_timestamp($2::float8 / 1000)
       and measured_at <= to_timestamp($3::float8 / 1000)
     order by measured_at`,
    [METER, FROM, TO],
  )
}

/** Meters with a month of registers of two decimals, as a load profile brings them. */
async function fill(db: Database): Promise<void> {
  await db.query(`insert into channel (name, kind) values ('bench', 'tcp')`)
  await db.query(
    `insert into meter (address, protocol, channel_id)
     select lpad(n::text, 12, '0'), 'dlt645-2007', 1 from generate_series(1, $1::int) n`,
    [METERS],
  )
  await db.query(`insert into customer (name, class) values ('bench', 'residential')`)
  await db.query(`insert into account (no, customer_id) values ('A1', 1)`)
  await db.query(`insert into usage_point (code, account_id) values ('P1', 1)`)
  await db.query(
    `insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
       pt_numerator, pt_denominator, valid_from)
     values (1, $1::int, 1, 1, 1, 1, to_timestamp(0))`,
    [METER],
  )
  await db.query(
    `insert into reading_curve (measured_at, received_at, decimals, energy_import, meter_id,
       data_class, source, quality, time_source)
     select at, at + interval '1 minute', 2, (1000 + m * 100 + 3 * n) * 100, m, 2, 1, 1, 1
     from generate_series(0, $1::int) n, generate_series(1, $2::int) m,
       lateral (select to_timestamp($3::float8 / 1000) + n * interval '15 minutes' as at) moment`,
    [QUARTERS, METERS, FROM],
  )
  await vacuumAnalyze(db)
}

async function startApi(db: Database, clock: ManualClock) {
  const civil = civilTime('Asia/Shanghai')
  const identity = createIdentity({
    db,
    clock,
    passwords: scryptPasswords({ log2N: 4, r: 8, p: 1 }),
  })
  await identity.ensureAdmin(PASSWORD)
  const unused = async (): Promise<never> => {
    throw new Error('not asked here')
  }
  const app = await buildApi({
    clock,
    civil,
    log: createLogger({ level: 'info', pretty: false }, { write: () => {} }),
    metrics: createMetrics(),
    identity,
    audit: createAudit(db, clock),
    registry: createRegistry(db, new ManualClock()),
    readings: createReadings(db, civil),
    collection: { summary: unused },
    ...idleWork,
    metering: createMetering(db, civil),
    reads: { request: unused, get: unused, items: unused, resolve: unused, cancel: unused },
    field: { search: unused, listen: () => () => {} },
    trips: { state: unused, stop: unused, disarm: unused, request: unused, confirm: unused },
    lastRound: () => null,
    settings: () => [],
    nodes: async () => [],
    dependencies: [],
    version: '0.0.0',
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const agent = new http.Agent({ keepAlive: true })
  const session = await ask(agent, `${url}/api/v1/sessions`, {}, PASSWORD)
  const authorization = `Bearer ${JSON.parse(session).token}`
  return {
    get: (path: string) => ask(agent, url + path, { authorization }),
    async close() {
      agent.destroy()
      await app.close()
    },
  }
}

function ask(
  agent: http.Agent,
  url: string,
  headers: http.OutgoingHttpHeaders,
  password?: string,
): Promise<string> {
  const method = password === undefined ? 'GET' : 'POST'
  const type = password === undefined ? {} : { 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const request = http.request(
      url,
      { agent, method, headers: { ...headers, ...type } },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () => {
          if (response.statusCode === 200 || response.statusCode === 201) resolve(text)
          else reject(new Error(`${url}: ${response.statusCode} ${text}`))
        })
      },
    )
    request.on('error', reject)
    request.end(password && JSON.stringify({ username: 'admin', password }))
  })
}
