import type { DeviceEvent, ProtocolName } from '#protocols/model'
import type { CivilTime, Clock, ConcentratorId, MeterId } from '#src/core'
import { type EventDevice, eventRecord } from '#src/events'
import type { DeviceEventRecord } from '#src/outbox'

/** Devices that events may be of, as the archive has them. */
interface Archive {
  readonly meters: readonly {
    readonly id: MeterId
    readonly protocol: ProtocolName
    readonly address: string
    readonly concentrator: string | null
  }[]
  readonly concentrators: readonly { readonly id: ConcentratorId; readonly address: string }[]
}

/** Who told events, and how they came. */
export interface Teller {
  readonly protocol: ProtocolName
  /** As `--address` takes it: a meter, or a terminal. */
  readonly address: string
  readonly source: 'pull' | 'report'
  /** The meter that was asked, where no terminal spoke for it. */
  readonly meterId?: MeterId
}

/** Events by whose they are; those of devices that the archive lacks have no place. */
export interface Placed {
  readonly records: readonly DeviceEventRecord[]
  readonly unplaced: number
}

const noMeters: ReadonlyMap<string, MeterId> = new Map()

/** Finds whose an event is: of the device that tells it, or of one behind it. */
export class Happenings {
  readonly #civil: CivilTime
  readonly #clock: Clock
  #meters: ReadonlyMap<string, MeterId> = noMeters
  /** By the concentrator and the address, whatever the meter speaks. */
  #behind: ReadonlyMap<string, MeterId> = noMeters
  #concentrators: ReadonlyMap<string, ConcentratorId> = new Map()

  constructor({ civil, clock }: { readonly civil: CivilTime; readonly clock: Clock }) {
    this.#civil = civil
    this.#clock = clock
  }

  know({ meters, concentrators }: Archive): void {
    this.#meters = new Map(meters.map((one) => [`${one.protocol} ${one.address}`, one.id]))
    this.#behind = new Map(
      meters.flatMap(({ id, concentrator, address }) =>
        concentrator === null ? [] : [[`${concentrator} ${address}`, id] as const],
      ),
    )
    this.#concentrators = new Map(concentrators.map(({ id, address }) => [address, id]))
  }

  placed(events: readonly DeviceEvent[], teller: Teller): Placed {
    const { protocol, address, source, meterId } = teller
    const records: DeviceEventRecord[] = []
    const toldBy = meterId === undefined ? `${protocol} ${address}` : null
    const receivedAt = this.#clock.now()
    for (const event of events) {
      const device = this.#deviceOf(event, teller)
      if (!device) continue
      const telling = { device, protocol, toldBy, source, receivedAt }
      records.push(eventRecord(event, telling, this.#civil))
    }
    return { records, unplaced: events.length - records.length }
  }

  #deviceOf({ of }: DeviceEvent, { protocol, address, meterId }: Teller): EventDevice | null {
    if (of === null && meterId !== undefined) return { meterId, concentratorId: null }
    const point = /^point (\d+)$/.exec(of ?? '')?.[1]
    const behind =
      point === undefined
        ? of === null
          ? this.#meters.get(`${protocol} ${address}`)
          : (this.#behind.get(`${address} ${of}`) ?? this.#meters.get(`${protocol} ${of}`))
        : this.#meters.get(`${protocol} ${address}/${point}`)
    if (behind !== undefined) return { meterId: behind, concentratorId: null }
    // What happened to a meter that the archive lacks happened in the terminal's charge.
    const concentratorId = this.#concentrators.get(address)
    return concentratorId === undefined ? null : { meterId: null, concentratorId }
  }
}
