import { describe, expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { dlt645 } from '#protocols/dlt645'
import { gdw376 } from '#protocols/gdw376'
import { type RelayAction, valueText } from '#protocols/model'
import type { Face } from '#simulators/faces'
import type { SimulatedMeter } from '#simulators/meter'
import { behindTerminal } from '#src/acquisition/field'
import { instant, seconds } from '#src/core'
import { ManualClock } from '#tests/support'
import {
  access,
  bytesOf,
  DENIED,
  lineTo,
  meter,
  NOON_MS,
  never,
  secret,
  terminals,
  type Via,
  via,
  via698,
  worldOf,
} from './behind-field.ts'
import { passing } from './field/meter-bus.ts'

interface Terminal {
  readonly own: SimulatedMeter
  readonly face: Face
}

async function field(to: Via, { own, face }: Terminal) {
  const clock = new ManualClock(instant(NOON_MS))
  const { world, gate } = worldOf(clock)
  const { channel, sent } = lineTo((bytes, now) => face.receive(bytes, now), clock)
  const behind = await behindTerminal('dlt645-2007', to)
  if (!behind) throw new Error('nobody passes it on')
  const bench = () => behind.bench(channel, world)
  const read = (items: readonly string[], of = meter) =>
    passing(clock, bench().read(items, of, never))
  const relay = (action: RelayAction, of = { ...meter, access }) => {
    const task = { action, meter: of, reason: 'ticket 7', confirmed: 'typed' }
    return passing(
      clock,
      behind.relayBench(channel, world).relay(task, () => {}, never),
    )
  }
  return { clock, gate, own, sent, bench, read, relay }
}

describe.each([
  ['376.1', via, () => terminals.gdw376()],
  ['698.45', via698, () => terminals.dlt698()],
] as const)('a meter behind a terminal of %s', (_name, to, terminal) => {
  test('is read through it', async () => {
    const { read, own, clock } = await field(to, terminal())
    const { readings, failure } = await read(['1.8.0', '32.7.0'])
    expect(failure).toBeNull()
    const [energy] = readings.filter(({ item }) => item === '1.8.0')
    const total = own.registersAt(clock.now(), 10_000).import.total
    expect(energy && valueText(energy.value)).toBe((total / 100).toFixed(2))
  })

  test('refuses by itself, and its terminal tells when it is silent', async () => {
    const { read } = await field(to, terminal())
    const { refusals, failure } = await read(['0400FFFF'])
    expect(failure).toBeNull()
    expect(refusals).toMatchObject([{ code: 'dlt645.no-such-data' }])
    const away = await field(to, terminal())
    const silent = await away.read(['1.8.0', '32.7.0'], { ...meter, address: '330120000049' })
    expect(silent.failure).toMatchObject({ code: 'exchange.timeout', fault: 'via.meter-silent' })
    expect(away.sent).toHaveLength(1)
  })

  test('is told from a terminal that is silent itself', async () => {
    const other = to === via ? { ...via, address: '4401-0106' } : { ...to, address: '330190000009' }
    const { read, clock } = await field(other, terminal())
    const before = clock.now()
    const { failure } = await read(['1.8.0'])
    expect(failure).toMatchObject({ code: 'exchange.timeout', fault: 'via.terminal-silent' })
    expect(failure?.message).toContain(other.address)
    expect(clock.now() - before).toBeGreaterThan(20_000)
  })

  test('shows its clock, and takes another with its password', async () => {
    const { bench, clock } = await field(to, terminal())
    const read = await passing(clock, bench().readClock(meter, never))
    expect(read).toMatchObject({ ok: true, value: { wallClock: '2026-11-22T11:07:13' } })
    const known = await passing(clock, bench().setClock({ ...meter, access }, never))
    expect(known).toMatchObject({ ok: true })
    const unknown = await passing(clock, bench().setClock(meter, never))
    expect(unknown).toMatchObject({ ok: false, error: { code: 'field.not-offered' } })
  })

  test('obeys an order of its own, which the gate finds inside', async () => {
    const { relay, gate, own, clock } = await field(to, terminal())
    expect(await relay('trip')).toMatchObject({
      ok: true,
      value: { before: { contact: 'closed' }, after: { contact: 'open' }, proven: true },
    })
    expect(own.isClosedAt(clock.now())).toBe(false)
    expect(gate.ledger.verdicts).toMatchObject([
      { codes: [], asked: { protocol: 'dlt645-2007', effect: 'trip', address: meter.address } },
    ])
    const { asked } = gate.ledger.verdicts[0] ?? {}
    expect(asked?.permit).toMatchObject({ device: { protocol: 'dlt645-2007' }, action: 'trip' })
    // The password of the meter stands in no journal.
    expect(JSON.stringify(asked)).not.toContain('35333333')
  })

  test('is never ordered with others', async () => {
    const { relay, sent } = await field(to, terminal())
    const everybody = { ...meter, address: 'AAAAAAAAAAAA', access }
    expect(await relay('trip', everybody)).toMatchObject({ ok: false })
    expect(sent).toEqual([])
  })
})

test('a terminal that denies is heard once and not asked for less', async () => {
  const { read, sent } = await field(via, terminals.gdw376(secret))
  const { failure, refusals } = await read(['1.8.0', '32.7.0', '52.7.0'])
  expect(failure).toMatchObject({ code: 'exchange.denied', fault: 'gdw376.denied' })
  expect(refusals).toEqual([])
  expect(sent).toHaveLength(1)
})

test('an order that the terminal denies is looked for at the meter, and told as denied', async () => {
  const clock = new ManualClock(instant(NOON_MS))
  const { world } = worldOf(clock)
  const { own, face } = terminals.gdw376()
  let orders = 0
  const { channel } = lineTo((bytes, now) => {
    const isOrder = toHex(bytes).includes(ORDER_1C)
    if (isOrder) orders++
    const frames = face.receive(bytes, now)
    return isOrder ? [bytesOf(DENIED)] : frames
  }, clock)
  const behind = await behindTerminal('dlt645-2007', via)
  const bench = behind?.relayBench(channel, world)
  const task = { meter: { ...meter, access }, reason: 'ticket 7', confirmed: 'typed' } as const
  // It passed the order on and says that it did not: the state tells.
  const trip = bench?.relay({ ...task, action: 'trip' }, () => {}, never)
  expect(trip && (await passing(clock, trip))).toMatchObject({
    ok: true,
    value: { answered: false, proven: true },
  })
  expect(own.isClosedAt(clock.now())).toBe(false)
  expect(orders).toBe(1)
})

/** C = 1CH behind the address of the meter. */
const ORDER_1C = '681C'

/** A forwarded read and its answer as a public unpacker of 376.1 documents them. */
describe('frames that others published', () => {
  const request =
    '68E200E200684B000234120410E0000001001F6BBC0A1000' +
    '68611001301215681104333334337B16' +
    '00000000000000000000000000000000' +
    '001351232105A116'
  const answer =
    '68AE00AE0068A8000234120410E0000001001F1400' +
    '6861100130121568910833333433AB39333349164F00000650232105AE16'

  test('are what is sent and understood', async () => {
    const clock = new ManualClock(instant(NOON_MS))
    const { world } = worldOf(clock)
    // Its station is 2; ours is 1, and RSEQ and the sum follow from that.
    const ours = bytesOf(answer)
    ours[11] = 0x02
    ours[ours.length - 2] = (ours[ours.length - 2] ?? 0) - 2
    const { channel, sent } = lineTo(() => [ours], clock)
    const to: Via = { ...via, address: '0200-1234', port: 31, wait: seconds(60) }
    const behind = await behindTerminal('dlt645-2007', to)
    const of = { address: '151230011061', profile: null }
    const read = behind?.bench(channel, world).read(['1.8.0'], of, never)
    const readout = read && (await passing(clock, read))
    expect(readout?.readings.map(({ value }) => valueText(value))).toEqual(['6.78'])
    // The data unit, from its identifier to the last byte of the frame inside, is the same.
    const unit = request.slice(request.indexOf('00000100'), request.indexOf('7B16') + 4)
    expect(sent.map(toHex).join()).toContain(unit)
  })

  test('carry what the meter says, for the gate and for people', () => {
    const [inner] = gdw376.carried(bytesOf(request))
    expect(inner && dlt645.effect(inner)).toBe('read')
    expect(inner && dlt645.describe(inner)).toMatchObject({ address: '151230011061', valid: true })
  })
})
