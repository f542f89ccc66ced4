import type { MeterProfile, Protocol } from '#protocols/model'
import { behind, limitsBehind } from './behind.ts'
import { type Carrier, carrierOf, isCarrier, usualVia } from './carriers.ts'
import type { Line } from './line.ts'
import { type MeterReader, meterReader } from './reader.ts'
import { limitsFor } from './timing.ts'

const REQUEST_BYTES = 128

/**
 * Reads meters of a protocol on lines of their own, and those behind a terminal through it: the
 * line says who answers on it, and a terminal of another protocol passes on what it is told.
 */
export function readerThroughTerminals<Request, Response>(
  protocol: Protocol<Request, Response>,
): MeterReader {
  const direct = meterReader(protocol)
  /** What is known of meters on a line ends with the line. */
  const through = new WeakMap<Line, { readonly carrier: Carrier; readonly reader: MeterReader }>()

  const wayOn = (line: Line) => {
    const { terminal } = line.channel.facts
    if (!terminal || terminal.protocol === protocol.name) return null
    const known = through.get(line)
    if (known) return known
    const { protocol: name, address } = terminal
    if (!isCarrier(name)) return null
    const carrier = carrierOf({ ...usualVia, protocol: name, address })
    const way = { carrier, reader: meterReader(behind(protocol, carrier)) }
    through.set(line, way)
    return way
  }

  return {
    name: direct.name,
    async read(line, meter: MeterProfile, items, limits, signal) {
      const way = wayOn(line)
      if (!way) return direct.read(line, meter, items, limits, signal)
      const own = limits ?? limitsFor(line.channel.facts, REQUEST_BYTES)
      return way.reader.read(line, meter, items, limitsBehind(own, way.carrier), signal)
    },
  }
}
