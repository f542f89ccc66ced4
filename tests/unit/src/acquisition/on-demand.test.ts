import { describe, expect, it } from 'vitest'
import type { Reading } from '#protocols/model'
import { type MeterReadout, OnDemandReads, type PolledMeter } from '#src/acquisition'
import type { ReadItemOutcome, ReadRequest, ReadRequestId } from '#src/collection'
import { civilTime, idOf } from '#src/core'
import { createLogger } from '#src/observe'
import { ManualClock, settle } from '#tests/support'

const meter: PolledMeter = {
  id: idOf<'meter'>(1),
  address: '112233445566',
  protocol: 'dlt645-2007',
  profile: null,
}

const reading: Reading = {
  item: '1.8.0',
  dataId: '00010000',
  name: 'Active energy import, total',
  unit: 'kWh',
  value: { kind: 'number', digits: 12345, scale: 2 },
  dataClass: 'current',
  at: null,
}

const readout: MeterReadout = {
  readings: [reading],
  refusals: [],
  unsupported: [],
  unusable: [],
  failure: null,
  roundTripMs: 12,
}

const waiting = { state: 'waiting', value: null, unit: null, at: null, answeredAt: null } as const

/** One request for one item of one meter that answers at once; the store waits for the test. */
function asked() {
  const clock = new ManualClock()
  const recorded: ReadItemOutcome[] = []
  const stored: (() => void)[] = []
  const stop = new AbortController()
  const request: ReadRequest = {
    id: '00000000-0000-4000-8000-000000000001' as ReadRequestId,
    state: 'requested',
    requestedBy: 'li',
    requestedAt: clock.now(),
    finishedAt: null,
    items: [{ meterId: meter.id, item: '1.8.0', ...waiting, reason: null }],
  }
  const reads = new OnDemandReads({
    requests: {
      unfinished: async () => [],
      start: async () => {},
      record: async (_, outcomes) => {
        recorded.push(...outcomes)
      },
    },
    intake: {
      async visited(_, done = () => {}) {
        stored.push(done)
        return 1
      },
    },
    stopping: stop.signal,
    clock,
    civil: civilTime('Asia/Shanghai'),
    log: createLogger({ level: 'silent', pretty: false }),
    find: () => ({
      meter,
      worker: {
        visit({ done }) {
          done({ kind: 'read', readout })
          return true
        },
      },
    }),
  })
  reads.begin(request)
  return { reads, recorded, stored, stop, clock }
}

describe('a read on demand', () => {
  it('is answered only once its readings are committed, with the moment of the answer', async () => {
    const { reads, recorded, stored, clock } = asked()
    const answeredAt = clock.now()
    await settle()
    expect(stored).toHaveLength(1)
    expect(recorded).toEqual([])
    await clock.advance(5_000)
    stored[0]?.()
    await reads.ended()
    expect(recorded).toMatchObject([{ kind: 'answered', value: '123.45', answeredAt }])
  })

  it('stays unfinished when the head-end stops before its readings are committed', async () => {
    const { reads, recorded, stored, stop } = asked()
    await settle()
    expect(stored).toHaveLength(1)
    stop.abort()
    await reads.ended()
    expect(recorded).toEqual([])
  })
})
