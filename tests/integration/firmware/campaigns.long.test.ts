import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCases } from '#src/cases'
import { civilTime, hours, idOf, minutes, seconds } from '#src/core'
import {
  createFirmware,
  createFirmwareRunner,
  type Firmware,
  firmwareBytesMax,
} from '#src/firmware'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'
import { Fuse, mortal, PlayedTerminal, playedTalk } from './played-terminal.ts'

let database: TestDatabase
let sites = 0
const civil = civilTime('Asia/Shanghai')
const { signal } = new AbortController()

beforeAll(async () => {
  database = await migratedDatabase()
})
afterAll(() => database.close())

/** So many terminals, each on a channel of its own, and a file for them. */
async function siteOf(count: number) {
  const { db } = database
  const nth = ++sites
  const clock = new ManualClock()
  const terminals = new Map<number, PlayedTerminal>()
  const ids: number[] = []
  for (let one = 0; one < count; one++) {
    const name = `f${nth}-${one}`
    const [row] = await db.query<{ id: number; channel_id: number }>(
      `with ch as (insert into channel (name, kind, settings)
         values ($1::text, 'dialin', jsonb_build_object('identity', $1::text)) returning id)
       insert into concentrator (address, channel_id) select $1::text, id from ch
       returning id, channel_id`,
      [name],
    )
    if (!row) throw new Error('nothing was entered')
    ids.push(row.id)
    terminals.set(row.channel_id, new PlayedTerminal())
  }
  const cases = createCases(db, clock)
  const desk = createFirmware(db, clock, cases)
  const bytes = Uint8Array.from({ length: 640 }, (_, at) => (at * 7 + nth) % 256)
  const version = `V2.${nth}`
  const uploaded = await desk.upload(
    { name: 'new.bin', protocol: 'gdw376', maker: 'OHES', model: null, version, bytes },
    'wang',
  )
  if (!uploaded.ok) throw new Error(uploaded.error.message)
  const errors: unknown[] = []
  const process = (moments = Number.POSITIVE_INFINITY) => {
    const fuse = new Fuse(moments)
    const alive = mortal(db, fuse)
    const runner = createFirmwareRunner({
      db: alive,
      clock,
      civil,
      talk: playedTalk(terminals, clock, fuse),
      cases: createCases(alive, clock),
      report: ({ error }) => errors.push(error),
    })
    return { runner, fuse }
  }
  const campaign = async (terms: Partial<Parameters<typeof desk.request>[0]> = {}) => {
    const made = await desk.request({
      key: `c${nth}`,
      firmwareId: uploaded.value.id,
      target: { concentrators: ids },
      ...{ canary: 1, batch: 2, blockBytes: 64, fromHour: 0, toHour: 0, failurePercentMax: 20 },
      requestedBy: 'wang',
      ...terms,
    })
    if (!made.ok) throw new Error(made.error.message)
    await desk.approve(made.value.id, 'zhao')
    return made.value
  }
  /** Rounds until the campaign ends or nothing more happens, whatever dies meanwhile. */
  const carryOn = async (id: Firmware['id'] | number, deaths: readonly number[] = []) => {
    const waiting = [...deaths]
    let alive = process(waiting.shift())
    for (let round = 0; round < 80; round++) {
      // A dead process reports nothing either.
      await alive.runner.round(signal).catch(() => {})
      if (alive.fuse.isBurnt) {
        alive = process(waiting.shift())
        await clock.advance(minutes(6))
      }
      const now = await desk.campaign(idOf(id))
      if (!now || (now.state !== 'running' && now.state !== 'requested')) return now
      await clock.advance(seconds(30))
    }
    return await desk.campaign(idOf(id))
  }
  const devices = async (id: number) =>
    (await desk.devices(idOf(id), null, null, 100)).map(({ state, reason }) => [state, reason])
  return {
    clock,
    terminals: [...terminals.values()],
    ids,
    cases,
    desk,
    bytes,
    version,
    uploaded: uploaded.value,
    process,
    campaign,
    carryOn,
    devices,
    errors,
  }
}

test('the same bytes are kept once, and too many are refused', async () => {
  const s = await siteOf(1)
  const { bytes, version } = s
  const file = { name: 'again.bin', protocol: 'gdw376', maker: null, model: null, version } as const
  const again = await s.desk.upload({ ...file, bytes }, 'li')
  expect(again).toEqual({ ok: true, value: s.uploaded })
  const long = new Uint8Array(firmwareBytesMax + 1)
  expect(await s.desk.upload({ ...file, bytes: long }, 'li')).toMatchObject({ ok: false })
})

test('a campaign needs a second person, a target, and its key names it', async () => {
  const s = await siteOf(1)
  const wanted = {
    key: `own${sites}`,
    firmwareId: s.uploaded.id,
    target: { concentrators: s.ids },
    ...{ canary: 1, batch: 1, blockBytes: 64, fromHour: 0, toHour: 0, failurePercentMax: 20 },
    requestedBy: 'wang',
  }
  const made = await s.desk.request(wanted)
  if (!made.ok) throw new Error(made.error.message)
  const { id } = made.value
  expect(await s.desk.request(wanted)).toMatchObject({ value: { id } })
  const other = { ...wanted, canary: 2 }
  expect(await s.desk.request(other)).toMatchObject({ error: { kind: 'key-reused' } })
  const nobody = { ...wanted, key: 'nobody', target: { group: 'no such group' } }
  expect(await s.desk.request(nobody)).toMatchObject({ error: { kind: 'wrong' } })
  expect(await s.desk.approve(id, 'wang')).toMatchObject({ error: { kind: 'second-person' } })
  await s.process().runner.round(signal)
  expect(await s.devices(id)).toEqual([['waiting', null]])
  expect(await s.desk.approve(id, 'zhao')).toMatchObject({ value: { state: 'running' } })
  expect(await s.carryOn(id)).toMatchObject({ state: 'done', counts: { done: 1 } })
})

test('stages follow each other, and who has the version is passed over', async () => {
  const s = await siteOf(4)
  const [first, second, third] = s.terminals
  if (!first || !second || !third) throw new Error('there are four')
  second.version = s.version
  third.maker = 'ELSE'
  const { id } = await s.campaign()
  await s.process().runner.round(signal)
  expect(s.terminals.map(({ came }) => came.length > 0)).toEqual([true, false, false, false])
  expect(await s.carryOn(id)).toMatchObject({ state: 'done', stage: 2 })
  expect(await s.devices(id)).toEqual([
    ['done', null],
    ['skipped', 'it has it already'],
    ['skipped', 'made by ELSE'],
    ['done', null],
  ])
  expect(first.taken).toEqual(s.bytes)
})

test('whatever dies at any moment, each terminal ends with the right bytes, block by block', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 8 }),
      fc.boolean(),
      async (deaths, tellsBlocks) => {
        const s = await siteOf(2)
        for (const terminal of s.terminals) terminal.tellsBlocks = tellsBlocks
        const { id } = await s.campaign({ canary: 2 })
        expect(await s.carryOn(id, deaths)).toMatchObject({ state: 'done', counts: { done: 2 } })
        for (const { taken, came } of s.terminals) {
          expect(taken).toEqual(s.bytes)
          // A block whose answer was lost comes again; none is left out, and no file begins anew.
          expect([...new Set(came)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
          expect(came.length).toBeLessThanOrEqual(10 + deaths.length)
        }
      },
    ),
    { numRuns: 15 },
  )
})

test('a terminal that loses supply gets the file anew, and one that is away goes on later', async () => {
  const s = await siteOf(1)
  const [terminal] = s.terminals
  if (!terminal) throw new Error('there is one')
  const { id } = await s.campaign()
  await s.process(24).runner.round(signal)
  const before = terminal.came.length
  expect(before).toBeGreaterThan(1)
  expect(before).toBeLessThan(10)
  terminal.loseSupply()
  terminal.isAway = true
  await s.clock.advance(minutes(6))
  await s.process().runner.round(signal)
  expect(await s.devices(id)).toEqual([['sending', 'the channel is not connected']])
  terminal.isAway = false
  expect(await s.carryOn(id)).toMatchObject({ state: 'done' })
  expect(terminal.taken).toEqual(s.bytes)
  expect(await s.desk.devices(id, null, null, 1)).toMatchObject([
    { restarts: 1, versionBefore: 'V1.0', versionAfter: s.version },
  ])
})

test('too many that fail stop it and are work for somebody; a person lets it go on', async () => {
  const s = await siteOf(3)
  const [first] = s.terminals
  if (first) first.refusesChecks = true
  const { id } = await s.campaign()
  expect(await s.carryOn(id)).toMatchObject({
    state: 'stopped',
    reason: '1 of 1 failed; 20 % may',
    counts: { failed: 1, waiting: 2 },
  })
  const [found] = await s.cases.list({ kind: 'firmware.stopped' }, null, 1)
  expect(found).toMatchObject({ state: 'open', severity: 'high', evidence: { campaign: id } })
  expect(await s.desk.resume(id, 'zhao')).toMatchObject({ value: { state: 'running' } })
  expect(found && (await s.cases.get(found.id))).toMatchObject({ state: 'closed' })
  expect(await s.carryOn(id)).toMatchObject({ state: 'done', counts: { done: 2, failed: 1 } })
})

test('paused or out of its hours it sends nothing, and cancelled it never does again', async () => {
  const s = await siteOf(1)
  const [terminal] = s.terminals
  // The clock of the test shows noon.
  const { id } = await s.campaign({ fromHour: 22, toHour: 5 })
  await s.process().runner.round(signal)
  expect(terminal?.came).toEqual([])
  await s.clock.advance(hours(11))
  await s.desk.pause(id, 'li')
  await s.process().runner.round(signal)
  expect(terminal?.came).toEqual([])
  await s.desk.resume(id, 'li')
  await s.process(24).runner.round(signal)
  const sent = terminal?.came.length ?? 0
  expect(sent).toBeGreaterThan(0)
  expect(await s.desk.cancel(id, 'wrong file', 'wang')).toMatchObject({
    value: { state: 'cancelled', counts: { cancelled: 1 } },
  })
  await s.clock.advance(hours(1))
  await s.process().runner.round(signal)
  expect(terminal?.came).toHaveLength(sent)
  expect(await s.desk.resume(id, 'li')).toMatchObject({ error: { kind: 'not-now' } })
})

test('two campaigns never send to one terminal at once', async () => {
  const s = await siteOf(1)
  const { id } = await s.campaign()
  await s.process(24).runner.round(signal)
  const later = await s.campaign({ key: `later${sites}` })
  await s.clock.advance(minutes(6))
  const other = s.process()
  await Promise.all([other.runner.round(signal), s.process().runner.round(signal)])
  expect(await s.devices(later.id)).toEqual([['waiting', null]])
  expect(await s.carryOn(id)).toMatchObject({ state: 'done' })
  expect(await s.carryOn(later.id)).toMatchObject({ state: 'done', counts: { skipped: 1 } })
})
