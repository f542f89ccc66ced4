/** Fixed header and length of a PUBACK; packet id follows. The same in MQTT 3.1.1 and 5. */
const PUBACK_HEAD = [0x40, 0x02] as const

interface Entry {
  readonly packetId: number
  acknowledged: boolean
}

export interface AckStream {
  write(bytes: Uint8Array): unknown
}

/**
 * What one connection has delivered and not seen acknowledged. PUBACKs leave in the order the
 * messages came, as MQTT asks (3.1.1 §4.6), however the caller finishes them. A ledger dies with
 * its connection: the broker sends what was unacknowledged again, under ids of the new one.
 */
export class Ledger {
  readonly stream: AckStream
  readonly #entries: Entry[] = []
  readonly #changed: () => void
  #open = true

  constructor(stream: AckStream, changed: () => void) {
    this.stream = stream
    this.#changed = changed
  }

  get size(): number {
    return this.#entries.length
  }

  /** Returns the acknowledgement, which works once and only while the connection lives. */
  enter(packetId: number): () => void {
    const entry: Entry = { packetId, acknowledged: false }
    this.#entries.push(entry)
    return () => {
      if (entry.acknowledged || !this.#open) return
      entry.acknowledged = true
      this.#settle()
    }
  }

  close(): void {
    this.#open = false
    this.#entries.length = 0
  }

  #settle(): void {
    const waiting = this.#entries.findIndex(({ acknowledged }) => !acknowledged)
    const done = this.#entries.splice(0, waiting < 0 ? this.#entries.length : waiting)
    if (done.length === 0) return
    const bytes = done.flatMap(({ packetId: id }) => [...PUBACK_HEAD, id >> 8, id & 0xff])
    this.stream.write(Buffer.from(bytes))
    this.#changed()
  }
}
