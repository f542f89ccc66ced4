import type { Channel } from '#drivers/channel'
import { dlt645 } from '#protocols/dlt645'
import type { ProtocolName } from '#protocols/model'
import { fail, ok, type Result } from '#src/core'
import { Line } from '../line.ts'
import { readClock } from './clock.ts'
import { openRaw } from './dial.ts'
import { exclusiveName } from './exclusive.ts'
import { orderRelay, type RelayReport, type RelayTask, type RelayWatcher } from './relay.ts'
import type { FieldChannel, FieldFailure, FieldWorld } from './types.ts'

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
  if (protocol !== 'dlt645-2007') {
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
  const bench = relayBench(opened.value, world)
  return ok({
    ...bench,
    async close() {
      await bench.close()
      lock.value.release()
    },
  })
}

/** The same on a channel that is open already. */
export function relayBench(channel: Channel, world: FieldWorld): RelayBench {
  const line = new Line(channel, world.clock, world.gate.keeper)
  return {
    name: channel.facts.name,
    relay: (task, watch, signal) =>
      orderRelay(
        {
          protocol: dlt645,
          line,
          world,
          readClock: (meter, ours) => readClock(line, meter, world, ours),
        },
        task,
        watch,
        signal,
      ),
    close: () => line.close(),
  }
}

function failure(
  code: string,
  message: string,
): { readonly ok: false; readonly error: FieldFailure } {
  return fail({ code, message, raw: new Uint8Array(0) })
}
