import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '#protocols/bytes'
import { createDlms } from '#protocols/dlms'
import { buildFrame as buildMeterFrame, dlt645, dlt645v1997, parseFrame } from '#protocols/dlt645'
import { apdu, buildFrame, dlt698, encodeApdu, parseAddress } from '#protocols/dlt698'
import { forward, gdw376, meterLine } from '#protocols/gdw376'
import { modbus, rtu } from '#protocols/modbus'
import type { MeterTime, RelayAction } from '#protocols/model'
import { benchGate } from '#src/acquisition/field'
import type { Classifier, Gatekeeper, PermitTerms } from '#src/acquisition/gate'
import { civilTime, instant, minutes } from '#src/core'
import { ManualClock, temporaryFolder, testGate } from '#tests/support'

/** What is enciphered is unknown to the gate anyhow. */
const dlms = createDlms({ seal: () => new Uint8Array(0), open: () => null })
const civil = civilTime('Asia/Shanghai')
const terminal = '4401-0105'
const terminalPassword = '00112233445566778899AABBCCDDEEFF'
const meter = { address: '000000000106', profile: null, access: { password: '02987654' } }

type Row = Readonly<Record<string, unknown>>

/** How the vectors themselves say that a request changes something, apart from any codec. */
const files: readonly (readonly [string, Classifier, (row: Row) => boolean])[] = [
  ['dlt645', dlt645, ({ control }) => /^(?:0A|1[4-9A-D])$/.test(String(control))],
  ['dlt645-1997', dlt645v1997, ({ control }) => /^(?:04|08|0A|0C|0F|10)$/.test(String(control))],
  ['dlt698', dlt698, ({ service }) => /^(?:Proxy)?(?:Set|Action).*Request/.test(String(service))],
  ['gdw376', gdw376, ({ afn }) => /^0[1456F]$/.test(String(afn))],
  ['dlms', dlms, ({ service }) => /^(?:Set|Action)Request/.test(String(service))],
  ['modbus', modbus, ({ message }) => /^..(?:0[56F]|1[056])/.test(String(message))],
]
const known: readonly Classifier[] = files.map(([, protocol]) => protocol)

/** A step of the association, which proves who asks and moves nothing. */
const provesItself = (row: Row) => row.classId === 15 && row.attribute === 1

interface Sample {
  readonly row: Row
  readonly frame: Uint8Array
}

/** Frames of a file of vectors; of Modbus the messages, as its channels carry them. */
function samplesOf(file: string): readonly Sample[] {
  const url = new URL(`../../../../vectors/${file}.json`, import.meta.url)
  const found: unknown = JSON.parse(readFileSync(url, 'utf8'))
  const lists = Array.isArray(found) ? [found] : Object.values(Object(found)).filter(Array.isArray)
  return lists.flat().flatMap((row: Row) => {
    const frame = fromHex(String(row.hex ?? row.message ?? '-'))
    return frame ? [{ row, frame }] : []
  })
}

type Wanted = Pick<PermitTerms, 'device' | 'effect' | 'action'>

function gate() {
  const clock = new ManualClock()
  const made = testGate(clock, known)
  const issue = (wanted: Wanted) =>
    made.office.issue({
      ...wanted,
      purpose: 'test',
      reference: null,
      requestedBy: 'user/1',
      approvers: ['user/2'],
      life: minutes(10),
    })
  const expiresAt = civil.toWall(instant(clock.now() + minutes(5)))
  return { ...made, clock, issue, expiresAt }
}

async function verdict(
  keeper: Gatekeeper,
  protocol: Classifier,
  frame: Uint8Array,
  permit: Parameters<Gatekeeper['admit']>[2],
): Promise<string> {
  const admitted = await keeper.admit(protocol, frame, permit, 'line')
  return admitted.ok ? 'passed' : admitted.error.code
}

describe.each(files)('published frames of %s', (file, protocol, moves) => {
  const samples = samplesOf(file)

  it('that move something are no reads, and none leaves without a permit', async () => {
    const { keeper } = gate()
    const moving = samples.filter(({ row }) => moves(row) && !provesItself(row))
    expect(moving.length).toBeGreaterThan(0)
    for (const { frame } of moving) expect(keeper.reads(protocol, frame), toHex(frame)).toBe(false)
    const refused = samples.filter(({ frame }) => protocol.effect(frame) !== 'read')
    for (const { frame } of refused) {
      expect(keeper.reads(protocol, frame), toHex(frame)).toBe(false)
      expect(await verdict(keeper, protocol, frame, null)).not.toBe('passed')
    }
  })

  it('leave with a permit for exactly that, for one device, and for no other', async () => {
    for (const { frame } of samples) {
      const effect = protocol.effect(frame)
      const aim = protocol.aim?.(frame) ?? null
      if (effect === 'read' || aim === null) continue
      const { keeper, issue, ledger, clock } = gate()
      const wanted = { effect, action: aim.action }
      const here = { protocol: protocol.name, address: aim.address }
      const elsewhere = { ...here, address: `${aim.address}0` }
      const wrong = await verdict(
        keeper,
        protocol,
        frame,
        await issue({ ...wanted, device: elsewhere }),
      )
      expect(wrong, toHex(frame)).not.toBe('passed')
      const right = await verdict(keeper, protocol, frame, await issue({ ...wanted, device: here }))
      const isClear = effect !== 'unknown' && (aim.action !== null || !/trip|relay/.test(effect))
      const isOne = !aim.isGroup || effect === 'clock'
      if (isClear && isOne && endsBy(aim.expiresAt, clock.now() + minutes(10)))
        expect(right, toHex(frame)).toBe('passed')
      else expect(right, toHex(frame)).not.toBe('passed')
      for (const { from, to } of aim.secrets) {
        const kept = ledger.verdicts.map(({ asked }) => asked.frame.slice(2 * from, 2 * to))
        expect(kept).toEqual(kept.map(() => '**'.repeat(to - from)))
      }
    }
  })
})

/** True for no end, and for one before a moment; an impossible time is none. */
const endsBy = (end: MeterTime | null, latest: number) =>
  end === null || (civil.toInstant(end) ?? Number.POSITIVE_INFINITY) <= latest

describe.each(files)('bytes that might be %s', (file, protocol) => {
  const samples = samplesOf(file)

  it('give an aim within themselves or none, whatever they are', () => {
    const some = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.tuple(fc.constantFrom(...samples), fc.nat(), fc.nat(255)).map(([{ frame }, at, byte]) => {
        return frame.map((old, index) => (index === at % frame.length ? byte : old))
      }),
    )
    fc.assert(
      fc.property(some, (frame) => {
        const aim = protocol.aim?.(frame) ?? null
        for (const { from, to } of aim?.secrets ?? []) {
          expect(from >= 0 && from < to && to <= frame.length).toBe(true)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

/** A meter's frame in an envelope of a terminal's. */
const carriers = [
  [
    '376.1 AFN 10',
    gdw376,
    (inner: Uint8Array) => gdw376.encode(forward(terminal, 31, inner, meterLine, terminalPassword)),
  ],
  ['698 PROXY', dlt698, proxied],
] as const

function proxied(message: Uint8Array): Uint8Array {
  const server = parseAddress('000000000001')
  if (!server) throw new Error('an address')
  const settings = { baud: 6, parity: 2, dataBits: 8, stopBits: 1, flow: 0 }
  const body = { port: 'F2010201', settings, answerTimeout: 30, byteTimeout: 100, message }
  const data = encodeApdu(apdu('ProxyTransCommandRequest', 1, body))
  return buildFrame({ control: 0x43, server, client: 16, data })
}

function trip645(expiresAt: MeterTime, action: RelayAction = 'trip'): Uint8Array {
  const [request] = dlt645.order?.({ action, expiresAt }, meter).requests ?? []
  if (!request) throw new Error('an order')
  return dlt645.encode(request)
}

const ofMeter = { protocol: 'dlt645-2007', address: meter.address } as const
const trip = { effect: 'trip', action: 'trip' } as const

describe.each(carriers)('a DL/T 645 order within %s', (_, carrier, carry) => {
  it('passes with a permit for the meter behind and for that order alone, once', async () => {
    const { keeper, issue, expiresAt, ledger } = gate()
    const frame = carry(trip645(expiresAt))
    const asked = async (wanted: Wanted) => verdict(keeper, carrier, frame, await issue(wanted))
    expect(keeper.reads(carrier, frame)).toBe(false)
    expect(await verdict(keeper, carrier, frame, null)).toBe('gate.no-permit')
    const address = carrier.aim?.(frame)?.address ?? ''
    for (const device of [
      { protocol: carrier.name, address },
      { protocol: carrier.name, address: meter.address },
      { ...ofMeter, address: '000000000107' },
    ]) {
      expect(await asked({ ...trip, device })).toBe('gate.other-device')
    }
    for (const other of [
      { effect: 'trip', action: 'close' },
      { effect: 'relay', action: 'close' },
      { effect: 'write', action: null },
    ] as const) {
      expect(await asked({ ...other, device: ofMeter })).toBe('gate.other-effect')
    }
    const permit = await issue({ ...trip, device: ofMeter })
    expect(await verdict(keeper, carrier, frame, permit)).toBe('passed')
    expect(await verdict(keeper, carrier, frame, permit)).toBe('gate.used')
    const entries = ledger.verdicts.map(({ asked: entry }) => entry)
    for (const entry of entries) {
      expect(entry).toMatchObject({ protocol: 'dlt645-2007', effect: 'trip', cuts: true })
      expect(entry.frame).not.toContain(terminalPassword)
      // 987654 as it stands on the wire.
      expect(entry.frame).not.toContain('8789CB')
    }
  })

  it('is refused where it holds longer than its permit, for ever, or for a group', async () => {
    const { keeper, issue, expiresAt } = gate()
    const far = { year: 2099, month: 1, day: 1, hour: 0, minute: 0, second: 0 }
    const late = carry(trip645(far))
    const permit = () => issue({ ...trip, device: ofMeter })
    expect(await verdict(keeper, carrier, late, await permit())).toBe('gate.order-expiry')
    const parsed = parseFrame(trip645(expiresAt))
    for (const address of ['999999999999', 'AAAAAAAAAAAA', 'AAAA00000106']) {
      const group = parsed.ok ? buildMeterFrame({ ...parsed.frame, address }) : Uint8Array.of()
      expect(await verdict(keeper, carrier, carry(group), await permit())).not.toBe('passed')
    }
  })

  it('is refused together with another order, and where nobody knows what is inside', async () => {
    const { keeper, issue, expiresAt } = gate()
    const inner = trip645(expiresAt)
    const permit = () => issue({ ...trip, device: ofMeter })
    for (const bytes of [
      Uint8Array.of(...inner, ...inner),
      Uint8Array.of(...inner, 0),
      inner.subarray(1),
      inner.map((byte, at) => (at === 12 ? byte ^ 1 : byte)),
      rtu.frame(Uint8Array.of(1, 6, 0, 16, 0xaa, 0xaa)),
      Uint8Array.of(0x2f, 0x3f, 0x21, 0x0d, 0x0a),
    ]) {
      expect(await verdict(keeper, carrier, carry(bytes), await permit())).toBe('gate.unknown')
    }
  })

  it('is seen through a second envelope as well', async () => {
    const { keeper, issue, expiresAt } = gate()
    for (const [, , other] of carriers) {
      const frame = carry(other(trip645(expiresAt)))
      const permit = await issue({ ...trip, device: ofMeter })
      expect(await verdict(keeper, carrier, frame, null)).toBe('gate.no-permit')
      expect(await verdict(keeper, carrier, frame, permit)).toBe('passed')
      expect(await verdict(keeper, carrier, carry(frame), permit)).toBe('gate.unknown')
    }
  })
})

describe.each(carriers)('the gate of the product, of what %s carries', (_, carrier, carry) => {
  it('knows the frames of every protocol, those that read and those that do not', () => {
    const folder = temporaryFolder()
    const { keeper } = benchGate(folder.path, new ManualClock(), civil)
    for (const [file, protocol] of files) {
      if (file === 'modbus') continue
      const samples = samplesOf(file).filter(({ frame }) => frame.length < 255)
      const reads = samples.filter(({ frame }) => keeper.reads(protocol, frame))
      const moves = samples.filter(({ frame }) => !keeper.reads(protocol, frame))
      const carried = reads.filter(({ frame }) => keeper.reads(carrier, carry(frame)))
      expect(carried.length, `reads of ${file}`).toBeGreaterThan(0.9 * reads.length)
      for (const { frame } of moves) {
        expect(keeper.reads(carrier, carry(frame)), toHex(frame)).toBe(false)
      }
    }
    folder.remove()
  })
})
