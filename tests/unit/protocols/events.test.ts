import { describe, expect, test } from 'vitest'
import { fromHex } from '#protocols/bytes'
import { logEvents } from '#protocols/dlms'
import { dlt645 } from '#protocols/dlt645'
import { dlt698 } from '#protocols/dlt698'
import { gdw376 } from '#protocols/gdw376'
import {
  type DeviceEvent,
  eventTypes,
  meterTimeText,
  type Protocol,
  type Reading,
  type Stamp,
} from '#protocols/model'

const textOf = (at: Stamp | null) => (at?.kind === 'wall' ? meterTimeText(at.time) : null)

/** The events of one frame that answers the read of an item. */
function eventsIn<Request, Response>(
  protocol: Protocol<Request, Response>,
  hex: string,
  item: string,
  address: string,
): readonly DeviceEvent[] {
  const decoded = protocol.decode(fromHex(hex) ?? new Uint8Array(0))
  if (decoded.kind === 'malformed') throw new Error(decoded.malformed.message)
  const [request] = protocol.plan([item], { address, profile: null }).requests
  if (request === undefined) throw new Error(`no request for ${item}`)
  return protocol.events?.(request, [decoded.response]) ?? []
}

const summary = ({ code, eventId, phase, of, raisedAt, clearedAt, sequence }: DeviceEvent) => ({
  code,
  eventId,
  phase,
  of,
  raised: textOf(raisedAt),
  cleared: textOf(clearedAt),
  sequence,
})

describe('the catalogue of events', () => {
  test('has each code once, in words of small letters, with two names', () => {
    const codes = eventTypes.map(({ code }) => code)
    expect(new Set(codes).size).toBe(codes.length)
    for (const { code, en, zh } of eventTypes) {
      expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/)
      expect(en).toMatch(/^[A-Z].*[^ .]$/)
      expect(zh).toMatch(/[\u4e00-\u9fff]/)
    }
    expect(new Set(eventTypes.map(({ en }) => en)).size).toBe(codes.length)
  })
})

describe('events of DL/T 645', () => {
  test('a relay that moved by itself, as a meter sent it', () => {
    // bensonzhow/node-red-zelecproto 7841b69 test/fixtures/meter-regression-645.json
    const hex =
      '6842970250000068912134336936588736633A546C8836633A5433B76C453398333333B76C4533983333339F16'
    const [event, ...others] = eventsIn(dlt645, hex, '03360001', '000050029742')
    expect(others).toEqual([])
    expect(event && summary(event)).toEqual({
      code: 'relay-fault',
      eventId: '033600',
      phase: null,
      of: null,
      raised: '2021-07-30T03:54:25',
      cleared: '2021-07-30T03:55:39',
      sequence: null,
    })
    expect(event?.place).toBe(1)
    expect(event?.details.map(({ name }) => name)).toContain('start')
  })

  test('a supply that was not right, as a meter sent it', () => {
    // bensonzhow/node-red-zelecproto 7841b69 test.js line 109
    const hex = '6842970250000068911834336A36554C4B5A3A54584C4B5A3A549363453398333333F516'
    expect(eventsIn(dlt645, hex, '03370001', '000050029742').map(summary)).toEqual([
      {
        code: 'power-supply-abnormal',
        eventId: '033700',
        phase: null,
        of: null,
        raised: '2021-07-27T18:19:22',
        cleared: '2021-07-27T18:19:25',
        sequence: null,
      },
    ])
  })

  test('a clock that was set is an event of the time that it was set to', () => {
    const hex = '68785634120000689114343763363333333363483B53445935493B534459D816'
    expect(eventsIn(dlt645, hex, '03300401', '000012345678').map(summary)).toMatchObject([
      { code: 'clock-set', raised: '2026-11-20T08:16:02', cleared: null },
    ])
  })

  test('a trip happens, and does not end', () => {
    const hex =
      '687856341200006891263432335063483B534459AB896745A59B5A3364A45A33C3A65A337CA95A333BAC5A339AB45A339316'
    expect(eventsIn(dlt645, hex, '1D00FF01', '000012345678').map(summary)).toMatchObject([
      { code: 'trip', eventId: '1D00', raised: '2026-11-20T08:15:30', cleared: null },
    ])
  })
})

describe('events of 376.1', () => {
  test('a version that changed, as a terminal sent it', () => {
    // yangboshan/C3761Protocol
    const hex = '6882008200688800250100040E610000010001010001010E351016011402322E3031322E30322916'
    expect(eventsIn(gdw376, hex, '0E-F1:0-1', '2500-0001').map(summary)).toEqual([
      {
        code: 'terminal-initialised',
        eventId: 'ERC1',
        phase: null,
        of: null,
        raised: '2014-01-16T10:35:00',
        cleared: null,
        sequence: 0,
      },
    ])
  })

  test('a power failure is over when its record says when the power came back', () => {
    // Worked by hand from clause 5.14.
    const hex = '6872007200688801440501020E61000001000E030D0E0E0A30222111263022211126DD16'
    expect(eventsIn(gdw376, hex, '0E-F1:13-14', '4401-0105').map(summary)).toEqual([
      {
        code: 'power-failure',
        eventId: 'ERC14',
        phase: null,
        of: null,
        raised: '2026-11-21T22:30:00',
        cleared: '2026-11-21T22:30:00',
        sequence: 13,
      },
    ])
  })

  test('a fault of a current circuit begins or ends at a metering point, for each of its phases', () => {
    // Worked by hand: p0BH with D15 set, open circuit (D7 D6 = 01) of the phases A and C.
    const record = `091C3022211126${'0B80'}${'45'}${'EE'.repeat(20)}`
    const found = eventsIn(gdw376, event376(record), '0E-F1:8-9', '4401-0105').map(summary)
    const common = { code: 'current-cut', eventId: 'ERC9', of: 'point 11', sequence: 8 }
    expect(found).toMatchObject([
      { ...common, phase: 'A', raised: '2026-11-21T22:30:00', cleared: null },
      { ...common, phase: 'C', raised: '2026-11-21T22:30:00', cleared: null },
    ])
    const over = record.replace('0B80', '0B00')
    expect(eventsIn(gdw376, event376(over), '0E-F1:8-9', '4401-0105').map(summary)).toMatchObject([
      { ...common, phase: 'A', raised: null, cleared: '2026-11-21T22:30:00' },
      { ...common, phase: 'C', raised: null, cleared: '2026-11-21T22:30:00' },
    ])
  })

  test('an event that nobody knows here is kept with its bytes', () => {
    const [event] = eventsIn(gdw376, event376('F0083022211126AABBCC'), '0E-F1:8-9', '4401-0105')
    expect(event && summary(event)).toMatchObject({ code: 'unknown', eventId: 'ERC240' })
    expect(event?.raw).toBe('F0083022211126AABBCC')
  })
})

describe('events of 698.45', () => {
  test('power failures, as meters sent them', () => {
    // bensonzhow/node-red-zelecproto test/fixtures/meter-regression-698-samples.json, log 287
    const hex =
      '685500C305919590320000118F6E90003C8503013011020005002022020000201E0200002020020000202402000033000200010106000000261C07EA080B0A29111C07EA080B0D320900000000010004E9B389AB323516'
    expect(eventsIn(dlt698, hex, '30110200:1', '000032909591').map(summary)).toEqual([
      {
        code: 'power-failure',
        eventId: '3011',
        phase: null,
        of: null,
        raised: '2026-08-11T10:41:17',
        cleared: '2026-08-11T13:50:09',
        sequence: 38,
      },
    ])
  })

  test('an impossible moment is an event of a time that nobody knows, not no event', () => {
    // The same source, log 291: the day is 0.
    const hex =
      '686200C305476831010090112795900049850301302F020007002022020000201E020000202002000020240200003300020000001022010000202201010106000000001C07EA01000C320100000006000B67F606000000000000010004701B1D1B950716'
    expect(eventsIn(dlt698, hex, '302F0200:1', '900001316847').map(summary)).toMatchObject([
      { code: 'metering-chip-fault', raised: null, cleared: null, sequence: 0 },
    ])
  })
})

/** A record of the important events in a frame of 4401-0105, pointers 8 and 9. */
function event376(record: string): string {
  const body = `880144050102${'0E'}${'61'}${'00000100'}${'09030809'}${record}`
  const bytes = [...(fromHex(body) ?? [])]
  const length = ((bytes.length << 2) | 2).toString(16).padStart(4, '0').toUpperCase()
  const le = length.slice(2) + length.slice(0, 2)
  const sum = bytes.reduce((all, byte) => (all + byte) & 0xff, 0)
  return `68${le}${le}68${body}${sum.toString(16).padStart(2, '0').toUpperCase()}16`
}

describe('events of DLMS logs', () => {
  const at = (second: number): Stamp => ({
    kind: 'wall',
    time: { year: 2026, month: 11, day: 21, hour: 22, minute: 30, second },
  })
  const row = (log: string, code: number, second: number): Reading => ({
    item: null,
    dataId: `7:${log}:2/1:0.0.96.11.0.255:2`,
    name: 'Event code',
    unit: '',
    value: { kind: 'number', digits: code, scale: 0 },
    dataClass: 'interval',
    at: at(second),
  })
  const log = '0.0.99.98.1.255'

  test('begin and end in one series, for the phase where the code has one', () => {
    const found = logEvents([row(log, 82, 1), row(log, 85, 2), row(log, 44, 3)], [])
    expect(found.map(summary)).toMatchObject([
      { code: 'voltage-loss', phase: 'A', raised: '2026-11-21T22:30:01', cleared: null },
      { code: 'voltage-normal', phase: 'A', raised: null, cleared: '2026-11-21T22:30:02' },
      { code: 'cover-open', phase: null, raised: '2026-11-21T22:30:03' },
    ])
    expect(found[0]?.series).toBe(found[1]?.series)
  })

  test('mean what the table of the profile says, and stay where none knows them', () => {
    expect(logEvents([row(log, 251, 1)], ['is15959'])[0]?.code).toBe('cover-open')
    expect(logEvents([row(log, 9_999, 1)], []).map(summary)).toMatchObject([
      { code: 'unknown', eventId: `${log}/9999`, raised: '2026-11-21T22:30:01' },
    ])
  })
})
