import { describe, expect, test } from 'vitest'
import { memoryPair } from '#drivers/channel'
import { eventsOfFrame } from '#protocols/gdw376'
import { Line, type MeterReader, readingGatekeeper, WaitingEvents } from '#src/acquisition'
import { civilTime, systemClock } from '#src/core'
import type { DeviceEventRecord } from '#src/outbox'
import { eventReport, TERMINAL } from './terminal-dialin.ts'

type Loan = Parameters<ConstructorParameters<typeof WaitingEvents>[0]['lend']>[1]
type Readout = Awaited<ReturnType<MeterReader['readEvents']>>

const silence = new AbortController().signal
const nothing = { readings: [], refusals: [], unsupported: [], unusable: [], roundTripMs: 0 }

/** A terminal with one event, and the loans that were asked of its line. */
function setUp(failure: Readout['failure'] = null) {
  const loans: Loan[] = []
  const stored: DeviceEventRecord[] = []
  const [ours] = memoryPair()
  const line = new Line(ours, systemClock, readingGatekeeper([]))
  const events = eventsOfFrame(eventReport('0E0A05112211260000000000'))
  const waiting = new WaitingEvents({
    reader: { readEvents: async () => ({ ...nothing, failure, events }) },
    store: {
      knownFrom: async () => {
        throw new Error('the database is away')
      },
    },
    happenings: {
      placed: (found) => ({ records: found.map(({ eventId }) => ({ eventId })), unplaced: 0 }),
    },
    intake: { happened: async (records) => void stored.push(...records) },
    lend: (_terminal, loan) => loans.push(loan) > 0,
    clock: systemClock,
    civil: civilTime('Asia/Shanghai'),
  })
  const serve = () => loans.at(-1)?.use(line, silence, () => null)
  return { waiting, loans, stored, serve }
}

describe('a terminal that says that events wait', () => {
  test('is asked once for each count of them, though it goes on saying so', async () => {
    const { waiting, loans, stored, serve } = setUp()
    waiting.seen(TERMINAL, 1)
    waiting.seen(TERMINAL, 1)
    expect(loans).toHaveLength(1)
    await serve()
    expect(stored).toEqual([{ eventId: 'ERC14' }])
    waiting.seen(TERMINAL, 1)
    expect(loans).toHaveLength(1)
    waiting.seen(TERMINAL, 2)
    expect(loans).toHaveLength(2)
  })

  test('is asked again where the line failed, or was refused', async () => {
    const raw = new Uint8Array(0)
    const code = 'exchange.timeout'
    const { waiting, loans, stored, serve } = setUp({
      code,
      message: '',
      retry: 'now',
      raw,
      fault: null,
    })
    waiting.seen(TERMINAL, 1)
    await serve()
    expect(stored).toEqual([])
    waiting.seen(TERMINAL, 1)
    loans.at(-1)?.refuse()
    waiting.seen(TERMINAL, 1)
    expect(loans).toHaveLength(3)
  })
})
