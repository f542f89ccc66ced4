import type { Channel } from '#drivers/channel'
import { dlms } from '../ciphered-dlms.ts'
import { unreadable } from '../readers/index.ts'
import { Line, limitsFor } from '../wire/index.ts'
import { countingDlms, mayCount } from './counting-dlms.ts'
import { lineBench } from './line-bench.ts'
import type { ProbePlan } from './probe.ts'
import { benchOf, REQUEST_BYTES, type RelayBench } from './relay-line-bench.ts'
import type { Bench, FieldWorld } from './types.ts'

/** DLMS meters; under keys nothing is sent before its counter is on the disk. */
export function dlmsBench(channel: Channel, world: FieldWorld, search: ProbePlan): Bench {
  const { counters } = world.gate
  const bench = lineBench(channel, world, countingDlms(dlms, counters), search)
  return {
    ...bench,
    async read(items, meter, signal) {
      const counted = mayCount(counters, meter)
      if (counted.ok) return bench.read(items, meter, signal)
      const { message, raw, fault = null } = counted.error
      const failure = { code: 'exchange.gate', message, retry: 'never', raw, fault } as const
      return { ...unreadable([]), failure }
    },
    async readClock(meter, signal) {
      const counted = mayCount(counters, meter)
      return counted.ok ? bench.readClock(meter, signal) : counted
    },
    async setClock(meter, signal) {
      const counted = mayCount(counters, meter)
      return counted.ok ? bench.setClock(meter, signal) : counted
    },
  }
}

/** The relay of one DLMS meter; its orders carry no time, so no clock is read. */
export function dlmsRelayBench(channel: Channel, world: FieldWorld): RelayBench {
  const { keeper, counters } = world.gate
  const bench = benchOf({
    protocol: countingDlms(dlms, counters),
    line: new Line(channel, world.clock, keeper),
    world,
    limits: limitsFor(channel.facts, REQUEST_BYTES),
    readClock: null,
  })
  return {
    ...bench,
    async relay(task, watch, signal) {
      const counted = mayCount(counters, task.meter)
      return counted.ok ? bench.relay(task, watch, signal) : counted
    },
  }
}
