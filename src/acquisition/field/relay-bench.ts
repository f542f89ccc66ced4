import type { Channel } from '#drivers/channel'
import { dlt645 } from '#protocols/dlt645'
import type { Protocol, ProtocolName } from '#protocols/model'
import { fail, ok, type Result } from '#src/core'
import { Line } from '../line.ts'
import { meterReader } from '../reader.ts'
import { limitsFor } from '../timing.ts'
import { readClock } from './clock.ts'
import { countingDlms } from './counting-dlms.ts'
import { openRaw } from './dial.ts'
import { exclusiveName } from './exclusive.ts'
import { readDeviceClock } from './line-bench.ts'
import {
  orderRelay,
  type RelayLine,
  type RelayReport,
  type RelayTask,
  type RelayWatcher,
} from './relay.ts'
import type { FieldChannel, FieldFailure, FieldWorld } from './types.ts'

const REQUEST_BYTES = 64

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

/**
 * Opens a channel to give orders on, once it is sure that no head-end of this machine uses it.
 * Whoever opens it closes it.
 */
export async function openRelayBench(
  channel: FieldChannel,
  protocol: ProtocolName,
  world: FieldWorld,
  signal: AbortSignal,
): Promise<Result<RelayBench, FieldFailure>> {
  const make = makers[protocol]
  if (!make) {
    return failure('field.not-offered', `relays of ${protocol} devices are not ordered from here`)
  }
  const name = await exclusiveName(channel)
  const lock = world.gate.lockChannel(name)
  if (!lock.ok) {
    return failure('relay.channel-in-use', `${name} is in use by process ${lock.error}`)
  }
  const opened = await openRaw(channel, world, signal)
  if (!opened.ok) {
    lock.value.release()
    return failure(opened.error.code, opened.error.message)
  }
  const bench = await make(opened.value, world)
  return ok({
    ...bench,
    async close() {
      await bench.close()
      lock.value.release()
    },
  })
}

type MakeBench = (channel: Channel, world: FieldWorld) => RelayBench | Promise<RelayBench>

/** Whose relays are ordered at the bench, each loaded when it is wanted. */
const makers: Readonly<Partial<Record<ProtocolName, MakeBench>>> = {
  'dlt645-2007': (channel, world) => relayBench(channel, world),
  async gdw376(channel, world) {
    return clockedBench(channel, world, (await import('#protocols/gdw376')).gdw376)
  },
  async dlt698(channel, world) {
    return clockedBench(channel, world, (await import('#protocols/dlt698')).dlt698)
  },
  async dlms(channel, world) {
    const { dlms } = await import('../ciphered-dlms.ts')
    const line = new Line(channel, world.clock, world.gate.keeper)
    return benchOf({ protocol: countingDlms(dlms), line, world, readClock: null })
  },
}

/** Of a protocol whose orders carry a time: the end, or when it was sent. */
function clockedBench<Request, Response>(
  channel: Channel,
  world: FieldWorld,
  protocol: Protocol<Request, Response>,
): RelayBench {
  const line = new Line(channel, world.clock, world.gate.keeper)
  const limits = limitsFor(channel.facts, REQUEST_BYTES)
  const work = { line, protocol, reader: meterReader(protocol), world, limits }
  return benchOf({
    protocol,
    line,
    world,
    readClock: (meter, signal) => readDeviceClock(work, meter, signal),
  })
}

function benchOf<Request, Response>(on: RelayLine<Request, Response>): RelayBench {
  return {
    name: on.line.channel.facts.name,
    relay: (task, watch, signal) => orderRelay(on, task, watch, signal),
    close: () => on.line.close(),
  }
}

/** DL/T 645 meters on a channel that is open already. */
export function relayBench(channel: Channel, world: FieldWorld): RelayBench {
  const line = new Line(channel, world.clock, world.gate.keeper)
  return benchOf({
    protocol: dlt645,
    line,
    world,
    readClock: (meter, signal) => readClock(line, meter, world, signal),
  })
}

function failure(
  code: string,
  message: string,
): { readonly ok: false; readonly error: FieldFailure } {
  return fail({ code, message, raw: new Uint8Array(0) })
}
