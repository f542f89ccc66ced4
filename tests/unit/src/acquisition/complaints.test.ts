import { expect, test } from 'vitest'
import type { ExchangeFailure, HeardReading, MeterReadout, PolledMeter } from '#src/acquisition'
import { Complaints, noLineCounters } from '#src/acquisition'
import { idOf } from '#src/core'
import { createLogger, createMetrics } from '#src/observe'

const meter: PolledMeter = {
  id: idOf(1),
  address: '330120000001',
  protocol: 'dlt645-2007',
  profile: null,
}

const answered: MeterReadout = {
  readings: [],
  refusals: [],
  unsupported: [],
  unusable: [],
  failure: null,
  roundTripMs: 100,
}

const failed = (code: ExchangeFailure['code'], fault: string | null = null): MeterReadout => ({
  ...answered,
  failure: { code, message: 'what happened', retry: 'now', raw: Uint8Array.of(0x68, 0x16), fault },
})

function book() {
  const lines: Record<string, unknown>[] = []
  const metrics = createMetrics()
  const counters = noLineCounters()
  const log = createLogger(
    { level: 'debug', pretty: false },
    { write: (line) => void lines.push(JSON.parse(line)) },
  )
  const complaints = new Complaints({ log, metrics, counters })
  return {
    counters,
    /** What the visit made a person hear: the levels of the lines it wrote. */
    visit(readout: MeterReadout) {
      const before = lines.length
      complaints.visited('bus', meter, readout)
      return lines.slice(before).map(({ level }) => Number(level))
    },
    last: () => lines.at(-1),
    metrics: async () => (await metrics.text()).body,
  }
}

const DEBUG = 20
const INFO = 30
const WARN = 40

test('one failure is everyday life, the second is told with code, device and bytes', () => {
  const { visit, last } = book()
  expect(visit(failed('exchange.damaged', 'dlt645.checksum'))).toEqual([DEBUG])
  expect(visit(failed('exchange.damaged', 'dlt645.checksum'))).toEqual([WARN])
  expect(last()).toMatchObject({
    event: 'exchange.failed',
    channel: 'bus',
    meter: '330120000001',
    code: 'exchange.damaged',
    fault: 'dlt645.checksum',
    raw: '6816',
    msg: 'what happened',
  })
  expect(visit(failed('exchange.damaged'))).toEqual([DEBUG])
})

test('another way of failing is told again, and so is the end of it', () => {
  const { visit, last } = book()
  visit(failed('exchange.timeout'))
  visit(failed('exchange.timeout'))
  expect(visit(failed('exchange.mismatch'))).toEqual([WARN])
  expect(visit(answered)).toEqual([INFO])
  expect(last()).toMatchObject({ event: 'meter.answers', meter: '330120000001', failures: 3 })
  expect(visit(answered)).toEqual([])
  expect(visit(failed('exchange.timeout'))).toEqual([DEBUG])
  expect(visit(answered)).toEqual([])
})

test('a line that broke is not the meter’s fault', () => {
  const { visit } = book()
  expect(visit(failed('exchange.transport'))).toEqual([DEBUG])
  expect(visit(failed('exchange.transport'))).toEqual([DEBUG])
  expect(visit(answered)).toEqual([])
})

const reading = (dataId: string): HeardReading => ({
  roundTripMs: 12,
  item: '1.8.0',
  dataId,
  name: 'energy',
  unit: 'kWh',
  value: { kind: 'number', digits: 1, scale: 0 },
  dataClass: 'current',
  at: null,
})

test('an item whose values are none is told of once, until it was well again', () => {
  const { visit, last } = book()
  const odd = (...dataIds: readonly string[]): MeterReadout => ({
    ...answered,
    unusable: dataIds.map((dataId) => {
      return { dataId, flag: 'not-bcd', raw: Uint8Array.of(0x68, 0xdd) }
    }),
  })
  expect(visit(odd('00010000'))).toEqual([WARN])
  expect(last()).toMatchObject({
    event: 'value.unusable',
    meter: '330120000001',
    code: 'value.not-bcd',
    items: '00010000 not-bcd',
    raw: '68DD',
  })
  expect(visit(odd('00010000'))).toEqual([DEBUG])
  expect(visit(odd('00010000', '02010100'))).toEqual([WARN])
  expect(visit(odd('02010100'))).toEqual([DEBUG])
  expect(visit({ ...answered, readings: [reading('02010100')] })).toEqual([])
  expect(visit(odd('00010000'))).toEqual([DEBUG])
  expect(visit(odd('02010100'))).toEqual([WARN])
})

test('everything is counted', async () => {
  const { visit, counters, metrics } = book()
  visit(failed('exchange.timeout'))
  visit(failed('exchange.timeout'))
  visit({ ...answered, refusals: [{ code: 'dlt645.no-such-data', message: 'no' }] })
  visit({ ...answered, unusable: [{ dataId: '1', flag: 'not-bcd', raw: new Uint8Array(0) }] })
  counters.strays = 3
  counters.skippedBytes = 70
  const text = await metrics()
  for (const line of [
    'hes_exchange_failures_total{code="exchange.timeout",protocol="dlt645-2007"} 2',
    'hes_refusals_total{protocol="dlt645-2007"} 1',
    'hes_values_unusable_total{flag="not-bcd",protocol="dlt645-2007"} 1',
    'hes_line_strays_total 3',
    'hes_line_skipped_bytes_total 70',
  ]) {
    expect(text).toContain(line)
  }
  counters.strays = 5
  expect(await metrics()).toContain('hes_line_strays_total 5')
})
