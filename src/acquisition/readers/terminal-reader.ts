import type { MeterProfile, Protocol } from '#protocols/model'
import type { Line } from '../wire/index.ts'
import { type ExchangeLimits, limitsFor } from '../wire/index.ts'
import { behind, limitsBehind } from './behind.ts'
import { carrierOf, isCarrier, usualVia, type Via } from './carriers.ts'
import { type MeterReader, type MeterReadout, meterReader } from './reader.ts'

const REQUEST_BYTES = 128
/** Lines of a terminal as makers number them: the first RS-485, the power line, the second RS-485. */
const PORTS = [1, 31, 2] as const
/** Meters whose port is remembered on one line. */
const METERS_MAX = 2_040

type Port = (typeof PORTS)[number]
type Read = (port: Port) => Promise<MeterReadout>

/**
 * Reads meters of a protocol on lines of their own, and those behind a terminal through it: the
 * line says who answers on it, and a terminal of another protocol passes on what it is told. Where
 * it denies a port, the next one is tried, and what worked is remembered as long as the line.
 */
export function readerThroughTerminals<Request, Response>(
  protocol: Protocol<Request, Response>,
): MeterReader {
  const direct = meterReader(protocol)
  const ways = new WeakMap<Line, TerminalWay<Request, Response>>()

  /** Null where the meter is on the line itself. */
  function wayOn(line: Line): TerminalWay<Request, Response> | null {
    const { terminal } = line.channel.facts
    if (!terminal || terminal.protocol === protocol.name || !isCarrier(terminal.protocol)) {
      return null
    }
    const way = ways.get(line) ?? new TerminalWay(protocol, terminal.protocol, terminal.address)
    ways.set(line, way)
    return way
  }

  return {
    name: direct.name,
    async read(line, meter, items, limits, signal, hints) {
      const way = wayOn(line)
      if (!way) return direct.read(line, meter, items, limits, signal, hints)
      const own = limits ?? limitsFor(line.channel.facts, REQUEST_BYTES)
      return way.find(meter, (port) => {
        const { reader, wait } = way.at(port)
        return reader.read(line, meter, items, wait(own), signal, hints)
      })
    },
    async readEvents(line, meter, wanted, limits, signal, hints) {
      const way = wayOn(line)
      if (!way) return direct.readEvents(line, meter, wanted, limits, signal, hints)
      const own = limits ?? limitsFor(line.channel.facts, REQUEST_BYTES)
      return way.find(meter, (port) => {
        const { reader, wait } = way.at(port)
        return reader.readEvents(line, meter, wanted, wait(own), signal, hints)
      })
    },
  }
}

interface PortReader {
  readonly reader: MeterReader
  readonly wait: (own: ExchangeLimits) => ExchangeLimits
}

/** The ports of one terminal, and at which of them its meters were found. */
class TerminalWay<Request, Response> {
  readonly #protocol: Protocol<Request, Response>
  readonly #carrier: Via['protocol']
  readonly #address: string
  readonly #readers = new Map<Port, PortReader>()
  readonly #portOf = new Map<string, Port>()

  constructor(protocol: Protocol<Request, Response>, carrier: Via['protocol'], address: string) {
    this.#protocol = protocol
    this.#carrier = carrier
    this.#address = address
  }

  at(port: Port): PortReader {
    const known = this.#readers.get(port)
    if (known) return known
    const via = { ...usualVia, protocol: this.#carrier, address: this.#address, port }
    const carrier = carrierOf(via)
    const reader = meterReader(behind(this.#protocol, carrier))
    const made: PortReader = { reader, wait: (own) => limitsBehind(own, carrier) }
    this.#readers.set(port, made)
    return made
  }

  /** Reads at the port where the meter was found, else at one after the other until one is taken. */
  async find(meter: MeterProfile, read: Read): Promise<MeterReadout> {
    const known = this.#portOf.get(meter.address)
    const [first, ...others] = known === undefined ? PORTS : [known]
    const denied = await read(first)
    if (!isDenied(denied)) return this.#remember(meter, first, denied)
    this.#portOf.delete(meter.address)
    for (const port of others) {
      const readout = await read(port)
      if (!isDenied(readout)) return this.#remember(meter, port, readout)
    }
    return denied
  }

  /** A silent meter may hang at another port: only one that spoke was found. */
  #remember({ address }: MeterProfile, port: Port, readout: MeterReadout): MeterReadout {
    const { readings, refusals, events, failure } = readout
    const spoke = readings.length > 0 || refusals.length > 0 || (events !== undefined && !failure)
    if (spoke && this.#portOf.size < METERS_MAX) this.#portOf.set(address, port)
    return readout
  }
}

/** The terminal passed nothing on: not that it brought something and then no more. */
function isDenied({ failure, readings }: MeterReadout): boolean {
  return failure?.code === 'exchange.denied' && readings.length === 0
}
