import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '#protocols/bytes'
import { dlt645, parseFrame } from '#protocols/dlt645'
import { dlt645Face, foreignDlt645 } from '#simulators/faces'
import { cleanLine, Line, type LineFaults, noCounts } from '#simulators/line'
import { ManualClock } from '#tests/support'
import { meterOf } from './field.ts'

const address = '330120000042'
const request = dlt645.encode({ kind: 'read', address, dataId: '0001FF00', load: null })

interface Heard {
  readonly atMs: number
  readonly hex: string
}

/** A line whose face answers with a fixed frame. */
function lineOf(faults: Partial<LineFaults>, seed = 1) {
  const clock = new ManualClock()
  const start = clock.now()
  const heard: Heard[] = []
  const answer = Uint8Array.from({ length: 40 }, (_, index) => index)
  const line = new Line({
    face: { receive: () => [answer], reset: () => {} },
    faults: { ...cleanLine, ...faults },
    seed,
    clock,
    counts: noCounts(),
    send: (bytes) => heard.push({ atMs: clock.now() - start, hex: toHex(bytes) }),
  })
  return { line, clock, heard, answer: toHex(answer) }
}

async function manyAnswers(faults: Partial<LineFaults>, seed: number) {
  const { line, clock, heard } = lineOf(faults, seed)
  for (let turn = 0; turn < 1_000; turn++) line.receive(request)
  await clock.advance(1)
  return { heard, counts: line.counts }
}

describe('a line', () => {
  it('passes everything at once when nothing is wrong with it', () => {
    const { line, heard, answer } = lineOf({})
    line.receive(request)
    expect(heard).toEqual([{ atMs: 0, hex: answer }])
  })

  it('does the same to the same answers for the same seed', async () => {
    const faults = { loss: 0.1, bitFlip: 0.1, noise: 0.1, wrongChecksum: 0.1, split: 0 }
    const [first, again, other] = [
      await manyAnswers(faults, 99),
      await manyAnswers(faults, 99),
      await manyAnswers(faults, 100),
    ]
    expect(again.heard).toEqual(first.heard)
    expect(other.heard).not.toEqual(first.heard)
  })

  it('loses about the share that it should', async () => {
    const { counts, heard } = await manyAnswers({ loss: 0.2 }, 5)
    expect(counts).toMatchObject({ requests: 1_000, answers: 1_000 })
    expect(counts.lost).toBeGreaterThan(150)
    expect(counts.lost).toBeLessThan(250)
    expect(heard).toHaveLength(1_000 - counts.lost)
  })

  it('cuts an answer into pieces that make the whole', async () => {
    const { line, clock, heard, answer } = lineOf({ split: 1 })
    line.receive(request)
    await clock.advance(2_000)
    expect(heard.length).toBeGreaterThan(1)
    expect(heard.map(({ hex }) => hex).join('')).toBe(answer)
  })

  it('keeps the order of bytes where timers come late, and in any order', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.nat(), { maxLength: 400 }), (seed, picks) => {
        const timers = new Set<() => void>()
        let nowMs = 0
        const heard: string[] = []
        const answers = Array.from({ length: 6 }, (_, nth) => new Uint8Array(30).fill(nth + 1))
        const line = new Line({
          face: { receive: (chunk) => [answers[chunk[0] ?? 0] ?? chunk], reset: () => {} },
          faults: { ...cleanLine, split: 0.9, merge: 0.2, late: 0.3, lateMs: 40, echo: true },
          seed,
          clock: {
            now: () => nowMs,
            after: (_, run) => {
              timers.add(run)
              return () => timers.delete(run)
            },
          },
          send: (bytes) => heard.push(toHex(bytes)),
        })
        for (const nth of answers.keys()) line.receive(Uint8Array.of(nth))
        for (let turn = 0; timers.size > 0; turn++) {
          const due = [...timers][(picks[turn] ?? 0) % timers.size]
          nowMs += 500
          if (due) {
            timers.delete(due)
            due()
          }
        }
        const said = heard.join('')
        for (const answer of answers) expect(said).toContain(toHex(answer))
      }),
    )
  })

  it('glues two answers together, and does not keep one for ever', async () => {
    const { line, clock, heard, answer } = lineOf({ merge: 1 })
    line.receive(request)
    expect(heard).toEqual([])
    await clock.advance(250)
    expect(heard.map(({ hex }) => hex)).toEqual([answer])
  })

  it('hears itself on two wires', () => {
    const { line, heard, answer } = lineOf({ echo: true })
    line.receive(request)
    expect(heard.map(({ hex }) => hex)).toEqual([toHex(request), answer])
  })

  it('lets bytes take their time at a baud rate', async () => {
    const { line, clock, heard, answer } = lineOf({ baud: 2_400, delayMs: 20 })
    line.receive(request)
    await clock.advance(1_000)
    // The request, the pause and the answer: 11 bits a byte.
    const wireMs = ((request.length + 40) * 11 * 1_000) / 2_400 + 20
    expect(heard.at(-1)?.atMs).toBeCloseTo(wireMs, 2)
    expect(heard.length).toBeGreaterThan(5)
    expect(heard.map(({ hex }) => hex).join('')).toBe(answer)
  })

  it('brings a late answer after all hope is gone', async () => {
    const { line, clock, heard } = lineOf({ late: 1, lateMs: 8_000 })
    line.receive(request)
    await clock.advance(7_999)
    expect(heard).toEqual([])
    await clock.advance(1)
    expect(heard).toHaveLength(1)
  })

  it('falls silent for a while, or for good', async () => {
    const while_ = lineOf({ silence: 1, silenceMs: 60_000 })
    while_.line.receive(request)
    await while_.clock.advance(59_000)
    while_.line.receive(request)
    expect(while_.heard).toEqual([])
    const forGood = lineOf({ halfOpen: 1 })
    forGood.line.receive(request)
    await forGood.clock.advance(86_400_000)
    forGood.line.receive(request)
    expect(forGood.heard).toEqual([])
    expect(forGood.line.counts.silenced).toBe(2)
  })

  it('sends nothing after it was closed', async () => {
    const { line, clock, heard } = lineOf({ delayMs: 100 })
    line.receive(request)
    line.close()
    await clock.advance(1_000)
    expect(heard).toEqual([])
    expect(clock.waiting).toBe(0)
  })

  it('can answer as another meter would, with a right checksum', () => {
    const [answer] = dlt645Face([meterOf({ address })]).receive(request, Date.UTC(2026, 10, 22))
    const parsed = parseFrame(foreignDlt645(answer ?? new Uint8Array()))
    expect(parsed).toMatchObject({ ok: true, frame: { address: '330120000043', control: 0x91 } })
  })
})
