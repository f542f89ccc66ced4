import { slave } from '#protocols/dlms'

const { frame, link } = slave
const { controls } = link
const FRMR_REASON = Uint8Array.of(0, 0, 0)
const APDU_BYTES_MAX = 65_536

type Parsed = Extract<ReturnType<typeof frame.parse>, { ok: true }>['carried']
export type HdlcAddress = Parsed['destination']

/** Where a link's frames go and how long they may be. */
export interface LinkEnds {
  readonly server: HdlcAddress
  readonly client: number
  readonly infoBytesMax: number
}

/** The server's end of one HDLC link: numbers, pieces both ways, repetitions. */
export class MeterLink {
  readonly #ends: LinkEnds
  readonly #serve: (apdu: Uint8Array) => readonly Uint8Array[]
  readonly #closed: () => void
  #isOpen = false
  #sent = 0
  #received = 0
  #sendsMax: number
  #pieces: Uint8Array = new Uint8Array(0)
  #unsent: Uint8Array | null = null
  #last: Uint8Array | null = null

  constructor(
    ends: LinkEnds,
    serve: (apdu: Uint8Array) => readonly Uint8Array[],
    closed: () => void,
  ) {
    this.#ends = ends
    this.#serve = serve
    this.#closed = closed
    this.#sendsMax = ends.infoBytesMax
  }

  /** The frame that answers one; null is silence. */
  answer({ control, segmented, info }: Parsed): Uint8Array | null {
    if (control === null) return null
    if (control === controls.snrm) return this.#open(info)
    if (control === controls.disc) return this.#close()
    if (!this.#isOpen) return this.#frame(controls.dm, new Uint8Array(0), false)
    if (link.isInformation(control)) return this.#take(control, segmented, info)
    if (link.isSupervisory(control)) return this.#poll(control)
    return this.#frame(controls.frmr, FRMR_REASON, false)
  }

  #open(info: Uint8Array): Uint8Array {
    this.#closed()
    this.#isOpen = true
    this.#sent = 0
    this.#received = 0
    this.#unsent = null
    this.#last = null
    this.#pieces = new Uint8Array(0)
    const { infoBytesMax } = this.#ends
    const asked = link.readLimits(info) ?? link.standardLimits
    this.#sendsMax = Math.min(asked.takes, infoBytesMax)
    const limits = { sends: this.#sendsMax, takes: infoBytesMax, sendWindow: 1, takeWindow: 1 }
    return this.#frame(controls.ua, link.writeLimits(limits), false)
  }

  #close(): Uint8Array {
    const control = this.#isOpen ? controls.ua : controls.dm
    this.#isOpen = false
    this.#closed()
    return this.#frame(control, new Uint8Array(0), false)
  }

  #take(control: number, segmented: boolean, info: Uint8Array): Uint8Array | null {
    // A repetition: what answered it was lost on the way.
    if (link.sendNumber(control) !== this.#received) return this.#last
    this.#received = (this.#received + 1) & 7
    if (this.#pieces.length + info.length > APDU_BYTES_MAX) {
      return this.#frame(controls.frmr, FRMR_REASON, false)
    }
    this.#pieces = slave.join(this.#pieces, info)
    if (segmented) return this.#ready()
    const apdu = this.#pieces.subarray(frame.responseLlc.length)
    this.#pieces = new Uint8Array(0)
    // A client of this link takes one at a time.
    const [answer] = this.#serve(apdu)
    return answer ? this.#send(slave.join(frame.responseLlc, answer)) : this.#ready()
  }

  #poll(control: number): Uint8Array | null {
    if (link.receiveNumber(control) !== this.#sent) return this.#last
    return this.#unsent ? this.#send(this.#unsent) : this.#ready()
  }

  #ready(): Uint8Array {
    return this.#frame(link.receiveReady(this.#received), new Uint8Array(0), false)
  }

  #send(bytes: Uint8Array): Uint8Array {
    const info = bytes.subarray(0, this.#sendsMax)
    this.#unsent = bytes.length > info.length ? bytes.subarray(info.length) : null
    const control = link.information(this.#sent, this.#received)
    this.#sent = (this.#sent + 1) & 7
    return this.#frame(control, info, this.#unsent !== null)
  }

  #frame(control: number, info: Uint8Array, segmented: boolean): Uint8Array {
    const destination: HdlcAddress = { upper: this.#ends.client, lower: null, bytes: 1 }
    const source = this.#ends.server
    this.#last = frame.build({ destination, source, control, segmented, info })
    return this.#last
  }
}
