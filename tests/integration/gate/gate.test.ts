import { randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  createGatekeeper,
  createTripControl,
  databaseLedger,
  type Gatekeeper,
  gateKey,
  type Permit,
  permitOffice,
  stopFile,
  type TripControl,
} from '#src/acquisition/gate'
import { civilTime, minutes } from '#src/core'
import type { Db } from '#src/db'
import {
  ManualClock,
  migratedDatabase,
  type TestDatabase,
  temporaryFolder,
  toyProtocol,
} from '#tests/support'

const [li, wang] = [
  { id: 'user/1', name: 'li' },
  { id: 'user/2', name: 'wang' },
]
const trip = toyProtocol.encode({ address: 7, item: 98, part: 0 })
const setClock = toyProtocol.encode({ address: 7, item: 99, part: 0 })
const key = gateKey(new Uint8Array(32).fill(7))
const unnoted = async () => {}

describe('the gate over a database', () => {
  let database: TestDatabase
  let db: TestDatabase['db']
  const folder = temporaryFolder()
  const clock = new ManualClock()
  let others = 1

  function parts(ofKey = key) {
    const ledger = databaseLedger(db, ofKey)
    const file = stopFile(folder.path)
    const keeper = createGatekeeper({
      clock,
      key: ofKey,
      ledger,
      protocols: [],
      civil: civilTime('Asia/Shanghai'),
      stopFile: file,
      log: { warn: () => {}, error: () => {} },
    })
    const control = createTripControl({
      ...{ db, clock, key: ofKey, stopFile: file },
      othersWhoMayConfirm: async () => others,
    })
    return { keeper, control, office: permitOffice(ofKey, clock, () => ledger.epoch()), file }
  }

  const permitFor = (effect: 'trip' | 'clock', ofKey = key): Promise<Permit> =>
    parts(ofKey).office.issue({
      device: { protocol: toyProtocol.name, address: '7' },
      effect,
      action: effect === 'trip' ? 'trip' : null,
      purpose: effect === 'trip' ? 'arrears' : 'upkeep',
      reference: 'case 12',
      requestedBy: li.id,
      approvers: [wang.id],
      life: minutes(10),
    })

  async function codes(keeper: Gatekeeper, frame: Uint8Array, permit: Permit | null, via = 'c1') {
    const admitted = await keeper.admit(toyProtocol, frame, permit, via)
    return admitted.ok ? 'passed' : admitted.error.code
  }

  async function arm(control: TripControl): Promise<void> {
    const { id } = await control.request('arm', li, 'rehearsed for a month', unnoted)
    expect((await control.confirm(id, wang, unnoted)).ok).toBe(true)
  }

  beforeAll(async () => {
    database = await migratedDatabase()
    db = database.db
  })
  afterAll(async () => {
    await database.close()
    folder.remove()
  })
  beforeEach(async () => {
    others = 1
    parts().file.release()
    for (const table of ['gate_act', 'gate_journal', 'gate_permit_use']) {
      await db.query(`alter table ${table} disable trigger user`)
      await db.query(`delete from ${table}`)
      await db.query(`alter table ${table} enable trigger user`)
    }
    await db.query('delete from gate_request')
  })

  it('begins disarmed: a trip is rehearsed and written down, a clock is set', async () => {
    const { keeper } = parts()
    expect(await codes(keeper, trip, await permitFor('trip'))).toBe('gate.disarmed')
    expect(await codes(keeper, setClock, await permitFor('clock'))).toBe('passed')
    const rows = await db.query('select event, effect, outcome from gate_journal order by seq')
    expect(rows).toEqual([
      { event: 'dry-run', effect: 'trip', outcome: ['gate.disarmed'] },
      { event: 'passed', effect: 'clock', outcome: [] },
    ])
  })

  it('is armed by two people, never by one', async () => {
    const { keeper, control } = parts()
    const asked = await control.request('arm', li, 'rehearsed', unnoted)
    others = 0
    expect(await control.confirm(asked.id, li, unnoted)).toEqual({
      ok: false,
      error: 'same-person',
    })
    expect(await codes(keeper, trip, await permitFor('trip'))).toBe('gate.disarmed')
    expect(await control.confirm(asked.id, wang, unnoted)).toMatchObject({
      ok: true,
      value: { armed: true, requests: [] },
    })
    expect(await control.confirm(asked.id, wang, unnoted)).toMatchObject({ error: 'not-found' })
    expect(await codes(keeper, trip, await permitFor('trip'))).toBe('passed')
  })

  it('forgets a request after 15 minutes', async () => {
    const { control } = parts()
    const { id } = await control.request('arm', li, 'rehearsed', unnoted)
    await clock.advance(minutes(15))
    expect(await control.confirm(id, wang, unnoted)).toMatchObject({ error: 'expired' })
  })

  it('is not armed by rows that somebody wrote by hand', async () => {
    const { keeper, control } = parts()
    const insert = (seal: string) =>
      db.query(
        `insert into gate_act (id, at, kind, requested_by, confirmed_by, reason, seal)
         values (1, now(), 'arm', 'user/1', 'user/2', 'by hand', $1::text)`,
        [seal],
      )
    await insert('00')
    expect(await control.state()).toMatchObject({ armed: false })
    expect(await codes(keeper, trip, await permitFor('trip'))).toBe('gate.disarmed')
  })

  it('is disarmed in another place: what armed it was sealed here', async () => {
    await arm(parts().control)
    const other = gateKey(new Uint8Array(32).fill(8))
    expect(await parts(other).control.state()).toMatchObject({ armed: false })
    const verdict = codes(parts(other).keeper, trip, await permitFor('trip', other))
    expect(await verdict).toBe('gate.disarmed')
  })

  it('takes a missing act for a stop', async () => {
    const { control } = parts()
    await arm(control)
    await control.stop(li, 'smoke', unnoted)
    await arm(control)
    await db.query('alter table gate_act disable trigger user')
    await db.query(`delete from gate_act where kind = 'stop'`)
    await db.query('alter table gate_act enable trigger user')
    expect(await control.state()).toMatchObject({ armed: false, stopped: true })
  })

  it('stops at once, over restarts, and voids what was permitted before', async () => {
    await arm(parts().control)
    const permits = [await permitFor('trip'), await permitFor('trip'), await permitFor('trip')]
    const [first, second, third] = permits
    expect(await codes(parts().keeper, trip, first ?? null)).toBe('passed')
    await parts().control.stop(li, 'wrong people were cut off', unnoted)
    expect(await codes(parts().keeper, trip, second ?? null)).toBe('gate.epoch')
    expect(await codes(parts().keeper, trip, await permitFor('trip'))).toBe('gate.stopped')
    const { id } = await parts().control.request('resume', li, 'found', unnoted)
    expect(await parts().control.confirm(id, li, unnoted)).toMatchObject({ error: 'same-person' })
    expect(await parts().control.confirm(id, wang, unnoted)).toMatchObject({
      value: { stopped: false, stopFile: false, armed: true },
    })
    expect(await codes(parts().keeper, trip, third ?? null)).toBe('gate.epoch')
    expect(await codes(parts().keeper, trip, await permitFor('trip'))).toBe('passed')
  })

  it('is resumed by one person only where nobody else is left', async () => {
    const { control } = parts()
    await control.stop(li, 'a drill', unnoted)
    const { id } = await control.request('resume', li, 'over', unnoted)
    others = 0
    expect(await control.confirm(id, li, unnoted)).toMatchObject({ value: { stopped: false } })
  })

  it('does not take away a stop file that a person put there', async () => {
    const { control } = parts()
    writeFileSync(join(folder.path, 'TRIP_STOP'), 'works on the line\n')
    expect(await control.state()).toMatchObject({ stopped: true, stopFile: true })
    const { id } = await control.request('resume', li, 'over', unnoted)
    expect(await control.confirm(id, wang, unnoted)).toMatchObject({ error: 'stop-file' })
    rmSync(join(folder.path, 'TRIP_STOP'))
  })

  it('writes who did it with the act, or neither', async () => {
    const { control } = parts()
    const failing = async (_tx: Db) => {
      throw new Error('the audit trail is away')
    }
    await expect(control.disarm(li, 'a try', failing)).rejects.toThrow('away')
    expect(await control.state()).toMatchObject({ lastAct: null })
  })

  it('lets one of many that use a permit at once pass, in whatever process', async () => {
    await arm(parts().control)
    const permit = await permitFor('trip')
    const tried = await Promise.all(
      Array.from({ length: 8 }, () => codes(parts().keeper, trip, permit)),
    )
    expect(tried.filter((code) => code === 'passed')).toHaveLength(1)
    const clockPermit = await permitFor('clock')
    const clocks = await Promise.all(
      Array.from({ length: 8 }, () => codes(parts().keeper, setClock, clockPermit)),
    )
    expect(clocks.filter((code) => code === 'passed')).toHaveLength(1)
  })

  it('shares one budget between processes, and quarters no clock', async () => {
    await arm(parts().control)
    const permits = await Promise.all(Array.from({ length: 40 }, () => permitFor('trip')))
    const tried = await Promise.all(
      permits.map((permit, n) => codes(parts().keeper, trip, permit, `line ${n}`)),
    )
    expect(tried.filter((code) => code === 'passed')).toHaveLength(30)
    expect(tried.filter((code) => code === 'gate.budget')).toHaveLength(10)
    expect(await codes(parts().keeper, setClock, await permitFor('clock'))).toBe('passed')
    await clock.advance(minutes(1))
    const again = await permitFor('trip')
    expect(await codes(parts().keeper, trip, again, 'line 1')).toBe('passed')
    expect(await codes(parts().keeper, trip, await permitFor('trip'), 'line 1')).toBe('passed')
  })

  it('refuses what it cannot write: nothing leaves while the database is away', async () => {
    await arm(parts().control)
    const permit = await permitFor('trip')
    await db.query('alter table gate_journal rename to gate_journal_away')
    expect(await codes(parts().keeper, trip, permit)).toBe('gate.ledger')
    await db.query('alter table gate_journal_away rename to gate_journal')
    expect(await codes(parts().keeper, trip, permit)).toBe('passed')
  })

  it('keeps its books from being rewritten', async () => {
    const { keeper } = parts()
    await codes(keeper, setClock, await permitFor('clock'))
    for (const table of ['gate_journal', 'gate_permit_use']) {
      await expect(db.query(`delete from ${table}`)).rejects.toThrow('append-only')
      await expect(db.query(`truncate ${table}`)).rejects.toThrow('append-only')
    }
    await expect(db.query(`update gate_journal set event = 'refused'`)).rejects.toThrow()
  })

  it('writes what came of a frame behind it', async () => {
    const { keeper } = parts()
    const permit = await permitFor('clock')
    const admitted = await keeper.admit(toyProtocol, setClock, permit, 'c1')
    if (admitted.ok) admitted.value.ended('answered')
    await expect
      .poll(() => db.query('select event, outcome, permit_id from gate_journal order by seq'))
      .toEqual([
        { event: 'passed', outcome: [], permit_id: permit.id },
        { event: 'ended', outcome: ['answered'], permit_id: permit.id },
      ])
  })

  it('sends nothing for a row written straight into its tables', async () => {
    const { keeper } = parts()
    await arm(parts().control)
    const id = randomUUID()
    const forged = { ...(await permitFor('trip')), id }
    expect(await codes(keeper, trip, forged)).toBe('gate.forged')
    expect(await codes(keeper, trip, null)).toBe('gate.no-permit')
  })
})
