import type { Channel } from '#drivers/channel'
import { dlt645 } from '#protocols/dlt645'
import type { ProtocolName } from '#protocols/model'
import { fail, ok, type Result } from '#src/core'
import { Line, limitsFor } from '../wire/index.ts'
import { behindTerminal } from './behind-bench.ts'
import { readClock } from './clock.ts'
import { openRaw } from './dial.ts'
import { exclusiveName } from './exclusive.ts'
import { benchOf, REQUEST_BYTES, type RelayBench, relayBenchOf } from './relay-line-bench.ts'
import type { FieldChannel, FieldFailure, FieldWorld } from './types.ts'

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
  const { via } = channel
  const make = via ? (await behindTerminal(protocol, via))?.relayBench : makers[protocol]
  if (!make) {
    const where = via ? 'through a terminal' : 'from here'
    return failure('field.not-offered', `relays of ${protocol} devices are not ordered ${where}`)
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
    return relayBenchOf(channel, world, (await import('#protocols/gdw376')).gdw376)
  },
  async dlt698(channel, world) {
    return relayBenchOf(channel, world, (await import('#protocols/dlt698')).dlt698)
  },
  async dlms(channel, world) {
    return (await import('./dlms-bench.ts')).dlmsRelayBench(channel, world)
  },
}

/** DL/T 645 meters on a channel that is open already. */
export function relayBench(channel: Channel, world: FieldWorld): RelayBench {
  const line = new Line(channel, world.clock, world.gate.keeper)
  return benchOf({
    protocol: dlt645,
    line,
    world,
    limits: limitsFor(channel.facts, REQUEST_BYTES),
    readClock: (meter, signal) => readClock(line, meter, world, signal),
  })
}

function failure(
  code: string,
  message: string,
): { readonly ok: false; readonly error: FieldFailure } {
  return fail({ code, message, raw: new Uint8Array(0) })
}
