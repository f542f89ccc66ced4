import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dlt645Face } from '#simulators/faces'
import { deliveryCodec } from '#src/acquisition'
import { idOf, instant, systemClock } from '#src/core'
import { createOutboxLedger } from '#src/outbox'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import type { PageView, ReadingView, ReadView } from './api.ts'
import { meterOf, type PlayedServer, playServer, rowOf, tcpBus } from './devices.ts'
import { startHes } from './process.ts'
import { beginning, clockFrom, until } from './time.ts'
import { PASSWORD, startWorld, type World } from './world.ts'

const SEED = 92
const METER = '330120009201'

interface EvidenceView {
  readonly reading: ReadingView
  readonly slot: { readonly task: number } | null
  readonly frames: readonly { readonly direction: string; readonly hex: string }[]
}

describe(`what stands behind what is stored, seed ${SEED}`, () => {
  let database: TestDatabase
  let world: World
  let played: PlayedServer

  beforeAll(async () => {
    database = await migratedDatabase()
    played = await playServer(dlt645Face([meterOf(METER, SEED)]), systemClock)
    world = await startWorld({
      db: database.db,
      clock: clockFrom(beginning, 60),
      cycleSeconds: 60,
      seed: async (registry) => {
        const entered = await registry.importArchive([rowOf(1, METER, tcpBus('bus', played.port))])
        expect(entered.ok).toBe(true)
      },
    })
  })
  afterAll(async () => {
    await world?.stop()
    await played?.stop()
    await database?.close()
  })

  const hes = (...argv: readonly string[]) =>
    startHes(['outbox', ...argv, '--server', world.api.url], {
      HES_USERNAME: 'admin',
      HES_PASSWORD: PASSWORD,
    }).ended

  async function evidenceOf(source: string): Promise<EvidenceView> {
    const path = '/api/v1/meters/1/readings?register=1.8.0&limit=200'
    const reading = await until(`a reading of ${source}`, async () => {
      const { items } = await world.api.get<PageView<ReadingView>>(path)
      return items.find((one) => one.source === source && one.dataClass === 'current')
    })
    const at = encodeURIComponent(reading.at)
    return world.api.get(`/api/v1/meters/1/readings/evidence?register=1.8.0&at=${at}`)
  }

  it('are the frames of the poll that brought a reading, and its slot', async () => {
    const { slot, frames } = await evidenceOf('poll')
    expect(slot).toMatchObject({ task: expect.any(Number) })
    expect(frames.map(({ direction }) => direction).slice(0, 2)).toEqual(['sent', 'received'])
    expect(frames[0]?.hex).toMatch(/68[0-9A-F]{12}6811/)
  })

  it('are the frames of a read that somebody asked for, which answers no slot', async () => {
    const asked = await world.api.post<ReadView>('/api/v1/reads', {
      devices: [1],
      items: ['1.8.0'],
    })
    expect(asked.status).toBeLessThan(300)
    const { slot, frames } = await evidenceOf('on-demand')
    expect(slot).toBeNull()
    expect(frames.map(({ direction }) => direction)).toEqual(['sent', 'received'])
  })

  it('shows what the database refused, and stores it once or lets it be', async () => {
    const at = instant(beginning - 86_400_000)
    const delivery = {
      readings: [
        {
          meterId: idOf<'meter'>(1),
          item: '1.8.0',
          value: { kind: 'number', digits: 4_200, scale: 2 },
          dataClass: 'current',
          measuredAt: at,
          timeSource: 'head-end',
          receivedAt: at,
          source: 'poll',
          quality: 'good',
        } as const,
      ],
      outcomes: [],
      events: [],
      frames: [],
    }
    const ledger = createOutboxLedger(database.db)
    const outbox = '5f0c1d52-7b1e-4a3c-9d5e-000000000009'
    for (const record of [deliveryCodec.encode(delivery), Buffer.from('{')]) {
      const refusal = { record, refusedAt: at, reason: 'no partition' }
      await ledger.refuse(outbox, { number: record.length, ...refusal }, 1)
    }
    const [status, waiting] = await Promise.all([
      hes('status'),
      hes('refused', '--state', 'waiting', '--json'),
    ])
    expect(status.stdout, status.stderr).toContain('2 refused records wait for people')
    expect(JSON.parse(waiting.stdout).items).toMatchObject([
      { id: 2, holds: null },
      { id: 1, reason: 'no partition', holds: { meters: [1], readings: 1 } },
    ])
    const path = '/api/v1/outbox/refused'
    const [replayed, dismissed] = await Promise.all([hes('replay', '1'), hes('dismiss', '2')])
    expect(replayed.stdout, replayed.stderr).toContain('Record 1: replayed by admin')
    expect(dismissed.stdout, dismissed.stderr).toContain('Record 2: dismissed by admin')
    const again = await world.api.post<{ state: string }>(`${path}/1/replay`, {})
    expect([again.status, again.body.state]).toEqual([200, 'replayed'])
    const late = await world.api.post<{ code: string }>(`${path}/2/replay`, {})
    expect([late.status, late.body.code]).toEqual([409, 'refused-decided'])
    const stored = await database.db.query(
      `select from reading_curve where meter_id = 1 and received_at = to_timestamp(${at / 1_000})`,
    )
    expect(stored).toHaveLength(1)
    const audited = await database.db.query<{ action: string; target: string }>(
      `select action, target from audit_record
       where action like 'outbox.%' and outcome = 'done' order by target`,
    )
    expect(audited.map(({ action, target }) => [action, target])).toEqual([
      ['outbox.replay', 'outbox/refused/1'],
      ['outbox.replay', 'outbox/refused/1'],
      ['outbox.dismiss', 'outbox/refused/2'],
    ])
  })
})
