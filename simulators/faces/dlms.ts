import { type Gcm, hdlcScanner, slave, wrapperScanner } from '#protocols/dlms'
import type { SimulatedMeter } from '#simulators/meter'
import {
  MeterAssociation,
  type MeterCounters,
  type MeterKeys,
  type MeterSecurity,
} from './dlms-association.ts'
import { type HdlcAddress, MeterLink } from './dlms-link.ts'
import { type ControlMode, DlmsObjects } from './dlms-objects.ts'
import { DlmsServer } from './dlms-server.ts'
import type { Face } from './face.ts'

/** Clients that one meter talks to at a time; the one that was silent longest is forgotten. */
const CLIENTS_MAX = 4

export interface DlmsFaceOptions {
  readonly framing: 'hdlc' | 'wrapper'
  readonly gcm: Gcm
  /** Low-level security; null where the meter has none. */
  readonly password: string | null
  /** High-level security 5 and ciphering; null where the meter has none. */
  readonly keys: MeterKeys | null
  readonly controlMode: ControlMode
  /** The longest information field of HDLC, and the longest APDU. */
  readonly infoBytesMax: number
  readonly pduBytesMax: number
}

/** A meter that is open to all, closes its relay from afar, and sends frames of 128 bytes. */
export function standardDlms(framing: DlmsFaceOptions['framing'], gcm: Gcm): DlmsFaceOptions {
  return {
    framing,
    gcm,
    password: null,
    keys: null,
    controlMode: 2,
    infoBytesMax: 128,
    pduBytesMax: 1_024,
  }
}

/**
 * Meters that speak DLMS/COSEM on one line or connection. A meter's address is
 * `LOGICAL[/PHYSICAL]`; over the wrapper the logical device is the port. Who is not spoken to is
 * silent.
 */
export function dlmsFace(meters: readonly SimulatedMeter[], options: DlmsFaceOptions): Face {
  const scanner = options.framing === 'hdlc' ? hdlcScanner() : wrapperScanner()
  const counted = meters.map((meter) => ({ meter, counters: { client: 0, server: 0 } }))
  const setUp = () => counted.map(({ meter, counters }) => new Station(meter, options, counters))
  let stations = setUp()
  return {
    receive(chunk, nowMs) {
      return scanner.push(chunk).flatMap((bytes) => {
        const parsed = slave.frame.parse(bytes)
        if (!parsed.ok) return []
        const { destination } = parsed.carried
        const station = stations.find((each) => each.hears(destination))
        return station?.answers(parsed.carried, nowMs) ?? []
      })
    },
    reset() {
      scanner.reset()
      stations = setUp()
    },
  }
}

type Carried = Extract<ReturnType<typeof slave.frame.parse>, { ok: true }>['carried']

interface Client {
  readonly id: number
  readonly server: DlmsServer
  readonly link: MeterLink
  nowMs: number
}

class Station {
  readonly #meter: SimulatedMeter
  readonly #options: DlmsFaceOptions
  readonly #objects: DlmsObjects
  readonly #counters: MeterCounters
  readonly #logical: number
  readonly #physical: number | null
  #clients: readonly Client[] = []

  constructor(meter: SimulatedMeter, options: DlmsFaceOptions, counters: MeterCounters) {
    this.#meter = meter
    this.#options = options
    this.#counters = counters
    this.#objects = new DlmsObjects(meter, options.controlMode, counters)
    const [logical = '1', physical] = meter.spec.address.split('/')
    this.#logical = Number(logical)
    this.#physical = physical === undefined ? null : Number(physical)
  }

  hears({ upper, lower }: HdlcAddress): boolean {
    if (upper !== this.#logical) return false
    return this.#options.framing === 'wrapper' || (lower ?? null) === this.#physical
  }

  answers(carried: Carried, nowMs: number): readonly Uint8Array[] {
    const client = this.#clientOf(carried)
    client.nowMs = nowMs
    if (carried.framing === 'hdlc') {
      const frame = client.link.answer(carried)
      return frame ? [frame] : []
    }
    const source = carried.destination.upper
    const apdus = client.server.answers(carried.info, nowMs)
    return apdus.map((apdu) => slave.frame.buildWrapped({ source, destination: client.id, apdu }))
  }

  #clientOf({ source, destination }: Carried): Client {
    const id = source.upper
    const known = this.#clients.find((client) => client.id === id)
    const client = known ?? this.#meet(id, destination)
    const others = this.#clients.filter((each) => each !== client)
    this.#clients = [client, ...others].slice(0, CLIENTS_MAX)
    return client
  }

  #meet(id: number, address: HdlcAddress): Client {
    const { gcm, keys, password, pduBytesMax, infoBytesMax } = this.#options
    const security: MeterSecurity = {
      gcm,
      keys,
      password: password === null ? null : Uint8Array.from(password, (sign) => sign.charCodeAt(0)),
    }
    const association = new MeterAssociation(this.#meter, security, this.#counters, pduBytesMax)
    const server = new DlmsServer(this.#objects, association, pduBytesMax)
    const client: Client = {
      id,
      server,
      link: new MeterLink(
        { server: address, client: id, infoBytesMax },
        (apdu) => server.answers(apdu, client.nowMs),
        () => association.close(),
      ),
      nowMs: 0,
    }
    return client
  }
}
