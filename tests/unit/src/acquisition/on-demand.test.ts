import { describe, expect, it } from 'vitest'
import {
  type HeardReading,
  type MeterReadout,
  OnDemandReads,
  type PolledMeter,
} from '#src/acquisition'
import type { ReadHead, ReadItemOutcome, ReadRequestId, TakenMeter } from '#src/collection'
import { civilTime, idOf } from '#src/core'
import { createLogger } from '#src/observe'
import { ManualClock, settle } from '#tests/support'

const meter: PolledMeter = {
  id: idOf<'meter'>(1),
  address: '112233445566',
  protocol: 'dlt645-2007',
  profile: null,
}

const reading: HeardReading = {
  roundTripMs: 12,
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

/** One request for one item of one meter that answers at once; the store waits for the test. */
function asked(items: readonly string[] = ['1.8.0'], more: Partial<MeterReadout> = {}) {
  const clock = new ManualClock()
  const recorded: ReadItemOutcome[] = []
  const stored: (() => void)[] = []
  const stop = new AbortController()
  const request: ReadHead = {
    id: '00000000-0000-4000-8000-000000000001' as ReadRequestId,
    meters: 1,
    deadline: null,
  }
  const taken: TakenMeter[] = [{ meterId: meter.id, items }]
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
        stored.push(committed)
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
          done({ kind: 'read', readout: { ...readout, ...more } })
          return true
        },
        lend: () => false,
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
    expect(recorded).toMatchObject([
      { kind: 'answered', readings: [{ value: '123.45', at: answeredAt }], answeredAt },
    ])
  })

  it('brings every reading of a block, each with the moment it is of', async () => {
    const rate = { ...reading, item: '1.8.1', dataId: '00010100' } as const
    const frozen = { ...reading, dataId: '05060101', dataClass: 'daily' } as const
    const { reads, recorded, stored, clock } = asked(['0001FF00', '05060101', '00020000'], {
      readings: [reading, rate, frozen],
      refusals: [{ code: 'dlt645.no-such-data', message: 'no such data' }],
    })
    const answeredAt = clock.now()
    await settle()
    stored[0]?.()
    await reads.ended()
    expect(recorded).toMatchObject([
      {
        item: '0001FF00',
        kind: 'answered',
        readings: [
          { register: '1.8.0', at: answeredAt },
          { register: '1.8.1', at: answeredAt },
        ],
      },
      { item: '05060101', kind: 'answered', readings: [{ register: '1.8.0', at: null }] },
      { item: '00020000', kind: 'failed', code: 'dlt645.no-such-data' },
    ])
  })

  it('fails an item of which nothing but unusable values came', async () => {
    const broken = { ...reading, value: { kind: 'missing', flag: 'not-bcd' } } as const
    const raw = Uint8Array.of(0x68)
    const { reads, recorded, stored } = asked(['00010000'], {
      readings: [broken],
      unusable: [{ dataId: '00010000', flag: 'not-bcd', raw }],
    })
    await settle()
    stored[0]?.()
    await reads.ended()
    expect(recorded).toMatchObject([{ kind: 'failed', code: 'value.not-bcd' }])
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
