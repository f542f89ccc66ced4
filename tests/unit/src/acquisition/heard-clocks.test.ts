import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memoryPair } from '#drivers/channel'
import { dlt645 } from '#protocols/dlt645'
import { dlt698 } from '#protocols/dlt698'
import { dlt645Face, dlt698Face, type Face } from '#simulators/faces'
import { SimulatedMeter, Site } from '#simulators/meter'
import { Line, type MeterReader, meterReader, readingGatekeeper } from '#src/acquisition'
import { hearingClocks } from '#src/acquisition/control'
import { civilTime, idOf, instant, milliseconds, sleep } from '#src/core'
import { ManualClock } from '#tests/support'
import { NOON_MS } from './behind-field.ts'
import { passing } from './field/meter-bus.ts'

const civil = civilTime('Asia/Shanghai')
const never = new AbortController().signal
const meter = { id: idOf<'meter'>(42), address: '330120000042', profile: null }

/** What the ear of a test heard. */
function earOf(wants: { readonly due?: true; readonly welcome?: true }) {
  const heard: { offsetMs: number | null; uncertaintyMs: number }[] = []
  let missed = 0
  const ear = {
    isDue: () => wants.due ?? false,
    isWelcome: () => wants.welcome ?? false,
    heard: (_: number, clock: (typeof heard)[number]) => void heard.push(clock),
    missed: () => void missed++,
  }
  return { ear, heard, missed: () => missed }
}

interface Field {
  readonly wants: Parameters<typeof earOf>[0]
  readonly faceOf?: (own: SimulatedMeter) => Face
  readonly reader?: MeterReader
  readonly offsetMs?: number
  readonly delayMs?: number
  readonly startMs?: number
  /** Numbers of requests, from zero, that nobody answers. */
  readonly lost?: readonly number[]
}

/** A meter at the end of a line, whose clock is off and whose answers take their time. */
function fieldOf({ wants, offsetMs = 0, delayMs = 0, lost = [], startMs, ...made }: Field) {
  const { faceOf = (own: SimulatedMeter) => dlt645Face([own]), reader = meterReader(dlt645) } = made
  const clock = new ManualClock(instant(startMs ?? NOON_MS))
  const own = new SimulatedMeter(new Site('Asia/Shanghai', 7), {
    ...{ seed: 42, customerClass: 'shop', phases: 3, firstYear: 2022, annualKwh: null },
    ...{ address: meter.address, nominalDeciV: 2_200 },
    clock: { offsetMs, ppm: 0, anchorMs: NOON_MS },
  })
  const face = faceOf(own)
  const [ours, theirs] = memoryPair()
  let sent = 0
  void (async () => {
    for await (const chunk of theirs.bytes()) {
      const nth = sent++
      const answers = face.receive(chunk, clock.now())
      if (delayMs > 0) await sleep(clock, milliseconds(delayMs), never)
      if (!lost.includes(nth)) for (const answer of answers) await theirs.send(answer, never)
    }
  })()
  const line = new Line(ours, clock, readingGatekeeper([]))
  const listening = earOf(wants)
  const all = hearingClocks(reader, listening.ear, civil)
  const read = (...items: readonly string[]) =>
    passing(clock, all.read(line, meter, items, null, never))
  return { ...listening, read, sent: () => sent }
}

describe('a clock by the way', () => {
  it('is measured from what a plan reads anyway, with no frame more', async () => {
    const field = fieldOf({ wants: { welcome: true }, offsetMs: 7_000 })
    const { readings } = await field.read('1.8.0', '0.9.2', '0.9.1')
    expect(field.sent()).toBe(3)
    expect(readings.map(({ item }) => item)).toEqual(['1.8.0', '0.9.2', '0.9.1'])
    expect(field.heard).toHaveLength(1)
    expect(Math.abs((field.heard[0]?.offsetMs ?? 0) - 7_000)).toBeLessThanOrEqual(500)
    const bored = fieldOf({ wants: {} })
    await bored.read('0.9.2', '0.9.1')
    expect(bored.heard).toEqual([])
  })

  it('is asked for once at the end of a visit, unseen by whoever sent it', async () => {
    const field = fieldOf({ wants: { due: true } })
    const { readings, unsupported, failure } = await field.read('1.8.0')
    expect({ readings: readings.map(({ item }) => item), unsupported, failure }).toEqual({
      readings: ['1.8.0'],
      unsupported: [],
      failure: null,
    })
    expect(field.heard).toHaveLength(1)
    const others = fieldOf({ wants: { welcome: true } })
    await others.read('1.8.0')
    expect([others.sent(), others.heard]).toEqual([1, []])
  })

  it('takes no frame more where the protocol reads several items at once', async () => {
    const faceOf = (own: SimulatedMeter) => dlt698Face(own)
    const field = fieldOf({ wants: { due: true }, faceOf, reader: meterReader(dlt698) })
    const { readings } = await field.read('1.8.0', '32.7.0')
    expect(readings.map(({ item }) => item)).toEqual(['1.8.0', '32.7.0'])
    expect([field.sent(), field.heard.length]).toEqual([1, 1])
  })

  it('is no failure of the visit where it is lost', async () => {
    const field = fieldOf({ wants: { due: true }, lost: [1, 2, 3, 4, 5, 6, 7, 8] })
    const { readings, failure, refusals } = await field.read('1.8.0')
    expect([readings.length, failure, refusals]).toEqual([1, null, []])
    expect([field.heard, field.missed()]).toEqual([[], 1])
  })

  it('is left alone near midnight, when its date may be that of another day', async () => {
    const startMs = Date.UTC(2026, 10, 21, 15, 59, 30)
    const field = fieldOf({ wants: { due: true }, startMs })
    await field.read('1.8.0')
    expect([field.heard, field.missed()]).toEqual([[], 1])
  })

  it('lies within its uncertainty, however long the answer takes', async () => {
    const offsets = fc.integer({ min: -900_000, max: 900_000 })
    const delays = fc.integer({ min: 0, max: 900 })
    await fc.assert(
      fc.asyncProperty(offsets, delays, async (offsetMs, delayMs) => {
        const field = fieldOf({ wants: { due: true }, offsetMs, delayMs })
        await field.read('1.8.0')
        const [clock] = field.heard
        expect(Math.abs((clock?.offsetMs ?? 1e9) - offsetMs)).toBeLessThanOrEqual(
          clock?.uncertaintyMs ?? 0,
        )
        expect(clock?.uncertaintyMs).toBeLessThanOrEqual((delayMs + 1_000) / 2 + 100)
      }),
      { numRuns: 30 },
    )
  })
})
