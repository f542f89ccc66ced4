import type { Refusal } from '#protocols/model'
import type { ExchangeFailure, HeardReading, MeterReadout } from '#src/acquisition'
import type { Bench } from '#src/acquisition/field'
import { fail, ok } from '#src/core'
import { ManualClock } from '#tests/support'
import type { Surroundings } from './fake-io.ts'

export const nothing = new Uint8Array(0)
export const atNoon = new ManualClock(Date.UTC(2026, 10, 21, 14, 30, 0))
export const total: HeardReading = {
  roundTripMs: 12,
  item: '1.8.0',
  dataId: '00010000',
  name: 'Active energy import, total',
  unit: 'kWh',
  value: { kind: 'number', digits: 12345, scale: 2 },
  dataClass: 'current',
  at: null,
}

export const absent: HeardReading = {
  ...total,
  item: '32.7.0',
  dataId: '02010100',
  name: 'Voltage, phase A',
  unit: 'V',
  value: { kind: 'missing', flag: 'absent' },
}

export const refusal: Refusal = { code: 'dlt645.no-such-data', message: 'no such data' }
export const failure = (code: ExchangeFailure['code']): ExchangeFailure => ({
  code,
  message: 'what happened',
  retry: 'now',
  raw: Uint8Array.of(0x68, 0x01),
  fault: null,
})

export const readout = (more: Partial<MeterReadout>): MeterReadout => ({
  readings: [],
  refusals: [],
  unsupported: [],
  unusable: [],
  failure: null,
  roundTripMs: 12,
  ...more,
})

export const unasked = async () => fail({ code: 'test', message: 'not asked', raw: nothing })

/** A bench that answers as the test says; says whether it was closed. */
export function benchOf(answers: Partial<Bench>): Surroundings & { closed(): boolean } {
  let closed = false
  const bench: Bench = {
    name: 'serial:/dev/test',
    read: async () => readout({}),
    scan: unasked,
    readClock: unasked,
    setClock: unasked,
    close: async () => {
      closed = true
    },
    ...answers,
  }
  return {
    clock: atNoon,
    actions: { openBench: async () => ok(bench) },
    closed: () => closed,
  }
}

export const device = ['--protocol', 'dlt645-2007', '--address', '000012345678']
export const channel = ['--tcp', '127.0.0.1:4001']
export const read = ['read', ...device, '--item', '1.8.0,32.7.0', ...channel]
