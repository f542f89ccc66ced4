import type { Channel } from '#drivers/channel'
import type { Protocol, ProtocolName } from '#protocols/model'
import { behind, type Carrier, carrierOf, limitsBehind, type Via } from '../readers/index.ts'
import { limitsFor } from '../wire/index.ts'
import { lineBench, noSearch } from './line-bench.ts'
import { type RelayBench, relayBenchOf } from './relay-line-bench.ts'
import type { Bench, FieldWorld } from './types.ts'

const REQUEST_BYTES = 128

/** Work with meters of one protocol behind one terminal. */
interface Behind {
  bench(channel: Channel, world: FieldWorld): Bench
  relayBench(channel: Channel, world: FieldWorld): RelayBench
}

/** Null for a protocol whose frames no terminal passes on. */
export async function behindTerminal(protocol: ProtocolName, via: Via): Promise<Behind | null> {
  switch (protocol) {
    case 'dlt645-2007':
      return behindOf((await import('#protocols/dlt645')).dlt645, carrierOf(via))
    case 'dlt645-1997':
      return behindOf((await import('#protocols/dlt645')).dlt645v1997, carrierOf(via))
    case 'dlt698':
      return behindOf((await import('#protocols/dlt698')).dlt698, carrierOf(via))
    default:
      return null
  }
}

function behindOf<Request, Response>(meter: Protocol<Request, Response>, carrier: Carrier): Behind {
  const protocol = behind(meter, carrier)
  const limits = (channel: Channel) =>
    limitsBehind(limitsFor(channel.facts, REQUEST_BYTES), carrier)
  return {
    bench: (channel, world) =>
      // A meter behind is asked by its own address; whom the terminal has it says itself.
      lineBench(channel, world, protocol, noSearch, { limits: limits(channel) }),
    relayBench: (channel, world) => relayBenchOf(channel, world, protocol, limits(channel)),
  }
}
