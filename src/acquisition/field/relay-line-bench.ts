import type { Channel } from '#drivers/channel'
import type { Protocol } from '#protocols/model'
import type { Result } from '#src/core'
import { meterReader } from '../readers/index.ts'
import { type ExchangeLimits, Line, limitsFor } from '../wire/index.ts'
import { readDeviceClock } from './line-bench.ts'
import {
  orderRelay,
  type RelayLine,
  type RelayReport,
  type RelayTask,
  type RelayWatcher,
} from './relay.ts'
import type { FieldFailure, FieldWorld } from './types.ts'

/** Longest request to a relay of any protocol here. */
export const REQUEST_BYTES = 64

/** The explicit bench mode (现场调试): orders to the relay of one meter, on a channel of our own. */
export interface RelayBench {
  readonly name: string
  relay(
    task: RelayTask,
    watch: RelayWatcher,
    signal: AbortSignal,
  ): Promise<Result<RelayReport, FieldFailure>>
  close(): Promise<void>
}

/** Of a protocol whose orders carry a time: the end, or when it was sent. */
export function relayBenchOf<Request, Response>(
  channel: Channel,
  world: FieldWorld,
  protocol: Protocol<Request, Response>,
  limits: ExchangeLimits = limitsFor(channel.facts, REQUEST_BYTES),
): RelayBench {
  const line = new Line(channel, world.clock, world.gate.keeper)
  const work = { line, protocol, reader: meterReader(protocol), world, limits }
  return benchOf({
    protocol,
    line,
    world,
    limits,
    readClock: (meter, signal) => readDeviceClock(work, meter, signal),
  })
}

export function benchOf<Request, Response>(on: RelayLine<Request, Response>): RelayBench {
  return {
    name: on.line.channel.facts.name,
    relay: (task, watch, signal) => orderRelay(on, task, watch, signal),
    close: () => on.line.close(),
  }
}
