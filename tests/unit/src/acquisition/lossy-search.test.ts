import { expect, test } from 'vitest'
import { memoryPair } from '#drivers/channel'
import { dlt645, encodeAnswers, parseFrame, requestOf } from '#protocols/dlt645'
import { Line, readingGatekeeper } from '#src/acquisition'
import { searchMeters, usualSearch } from '#src/acquisition/on-demand'
import { milliseconds, minutes } from '#src/core'
import { ManualClock } from '#tests/support'
import { passing } from './field/meter-bus.ts'

const never = new AbortController().signal
const ENERGY = new Uint8Array(4)

/** Searches a bus behind a mobile line, which does this to the n-th answer of each address. */
async function search(
  meters: readonly string[],
  spoil: (answer: Uint8Array, nth: number) => Uint8Array | null,
) {
  const clock = new ManualClock()
  const [near, far] = memoryPair({ name: 'dialin:330200000001' })
  const line = new Line(near, clock, readingGatekeeper([dlt645]))
  const answers = new Map<string, number>()
  let asked = 0
  const answer = async (address: string, suffix: string) => {
    const nth = (answers.get(suffix) ?? 0) + 1
    answers.set(suffix, nth)
    const [frame] = encodeAnswers(address, '00010000', ENERGY)
    const spoilt = frame ? spoil(frame, nth) : null
    if (spoilt) await far.send(spoilt, never)
  }
  void (async () => {
    for await (const chunk of far.bytes()) {
      const parsed = parseFrame(chunk)
      if (!parsed.ok || requestOf(parsed.frame)?.kind !== 'read') continue
      asked++
      const suffix = parsed.frame.address.replace(/^A+/, '')
      const hit = meters.filter((meter) => meter.endsWith(suffix))
      clock.after(milliseconds(500), () => {
        if (hit.length > 1) void far.send(Uint8Array.of(0x33, 0x91, 0x17), never)
        else if (hit[0]) void answer(hit[0], suffix)
      })
    }
  })()
  const lend = (loan: Parameters<Parameters<typeof searchMeters>[0]['worker']['lend']>[0]) => {
    void loan.use(line, never, () => null)
    return true
  }
  const found: string[] = []
  const startedAt = clock.now()
  const watcher = {
    found: ({ address }: { address: string }) => void found.push(address),
    trying: () => {},
  }
  const searching = searchMeters({ worker: { lend }, clock }, usualSearch, watcher, never)
  const ended = await passing(clock, searching)
  return { found: found.toSorted(), asked, ended, tookMs: clock.now() - startedAt }
}

const meters = ['330300000011', '330300000012', '330900000099']

test('an answer that a mobile line loses is asked for again', async () => {
  const { found, ended } = await search(meters, (answer, nth) => (nth === 1 ? null : answer))
  expect(found).toEqual(meters)
  expect(ended.ok).toBe(true)
})

test('an answer that a mobile line spoils is asked for again, and divides nobody', async () => {
  const { found, asked } = await search(meters, (answer, nth) =>
    nth === 1 ? answer.map((byte) => byte ^ 1) : answer,
  )
  expect(found).toEqual(meters)
  // Everybody, each of a hundred endings, and those that were silent or spoilt once more.
  expect(asked).toBeLessThanOrEqual(201)
})

test('a bus of fifty meters is searched in time, since nobody waits for who is not there', async () => {
  const many = Array.from({ length: 50 }, (_, nth) => `3303000000${String(nth + 10)}`)
  const { found, ended, tookMs } = await search([...many, '330912345613'], (answer) => answer)
  expect(ended.ok).toBe(true)
  expect(found).toHaveLength(51)
  expect(tookMs).toBeLessThan(minutes(15))
})
