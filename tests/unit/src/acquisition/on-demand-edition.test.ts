import { expect, test } from 'vitest'
import { memoryPair } from '#drivers/channel'
import { dlt645, dlt645v1997, encodeAnswers1997, parseFrame } from '#protocols/dlt645'
import { type ExchangeFailure, Line, OnDemandReads, type PolledMeter } from '#src/acquisition'
import type { ReadHead, ReadItemOutcome, ReadRequestId, TakenMeter } from '#src/collection'
import { civilTime, idOf } from '#src/core'
import { createLogger } from '#src/observe'
import { ManualClock, settle, testGate } from '#tests/support'

const address = '112233445566'
const timeout: ExchangeFailure = {
  code: 'exchange.timeout',
  message: 'no answer within 8000 ms',
  retry: 'later',
  raw: new Uint8Array(0),
  fault: null,
}
const total = Uint8Array.of(0x45, 0x23, 0x01, 0x00)

/** The codes that a request ends with whose meters are silent to the edition of 2007. */
async function codesOf(addresses: readonly string[], failure: ExchangeFailure = timeout) {
  const clock = new ManualClock()
  const never = new AbortController().signal
  const [near, far] = memoryPair({ name: 'bus' })
  const asked: number[] = []
  void (async () => {
    for await (const chunk of far.bytes()) {
      const parsed = parseFrame(chunk)
      if (!parsed.ok) continue
      asked.push(parsed.frame.control)
      if (parsed.frame.address !== address) continue
      for (const answer of encodeAnswers1997(address, '9010', total, 200)) {
        await far.send(answer, never)
      }
    }
  })()
  const line = new Line(near, clock, testGate(clock, [dlt645, dlt645v1997]).keeper)
  const meters = addresses.map(
    (each, index): PolledMeter => ({
      id: idOf<'meter'>(index + 1),
      address: each,
      protocol: 'dlt645-2007',
      profile: null,
    }),
  )
  const recorded: ReadItemOutcome[] = []
  const taken: TakenMeter[] = meters.map(({ id }) => ({ meterId: id, items: ['1.8.0'] }))
  const none = { readings: [], refusals: [], unsupported: [], unusable: [], roundTripMs: 0 }
  const reads = new OnDemandReads({
    requests: {
      unfinished: async () => [],
      reopen: async () => (taken.length > 0 ? [idOf<'channel'>(1)] : []),
      take: async () => taken.splice(0),
      expire: async () => {},
      record: async (_, outcomes) => {
        recorded.push(...outcomes)
      },
    },
    intake: {
      async visited(_, { committed = () => {} } = {}) {
        committed()
        return 0
      },
    },
    stopping: never,
    clock,
    civil: civilTime('Asia/Shanghai'),
    log: createLogger({ level: 'silent', pretty: false }),
    find: (id) => {
      const meter = meters.find((each) => each.id === id)
      if (!meter) return undefined
      return {
        meter,
        worker: {
          visit({ done }) {
            done({ kind: 'read', readout: { ...none, failure } })
            return true
          },
          lend({ use }) {
            void use(line, never, () => null)
            return true
          },
        },
      }
    },
  })
  const request: ReadHead = {
    id: '00000000-0000-4000-8000-000000000001' as ReadRequestId,
    meters: meters.length,
    deadline: null,
  }
  reads.begin(request)
  await settle()
  while (recorded.length < meters.length) await clock.advance(500)
  return { reasons: recorded.map((each) => (each.kind === 'failed' ? each.code : '')), asked }
}

test('a meter asked alone that is silent to its edition is said to speak the other', async () => {
  const { reasons, asked } = await codesOf([address])
  expect(reasons).toEqual(['dlt645.other-edition'])
  expect(asked).toEqual([0x01])
})

test('a meter that is silent to both editions is silent', async () => {
  const { reasons, asked } = await codesOf(['112233445577'])
  expect(reasons).toEqual(['exchange.timeout'])
  expect(asked).toEqual([0x01])
})

test('of many meters, and behind a silent terminal, nobody is asked again', async () => {
  const many = await codesOf([address, '112233445577'])
  expect([many.reasons, many.asked]).toEqual([['exchange.timeout', 'exchange.timeout'], []])
  const terminal = { ...timeout, fault: 'via.terminal-silent' }
  const behind = await codesOf([address], terminal)
  expect([behind.reasons, behind.asked]).toEqual([['via.terminal-silent'], []])
})
