import {
  controls,
  information,
  isInformation,
  isSupervisory,
  type LinkLimits,
  readLimits,
  receiveNumber,
  receiveReady,
  sendNumber,
  standardLimits,
  writeLimits,
} from './link.ts'
import type { Route } from './route.ts'
import { frameTo } from './transport.ts'

/** What is proposed: most meters take less and say so. */
const proposedLimits: LinkLimits = { sends: 512, takes: 512, sendWindow: 1, takeWindow: 1 }
const SINGLE_BYTES_MAX = 2_000
const nothing = new Uint8Array(0)

/** A frame, and what of the APDU is still to be sent. */
export interface Cut {
  readonly frame: Uint8Array
  readonly rest: Uint8Array | null
}

/** The link to one meter: whether it is open, how long frames may be, which number is next. */
export class LinkState {
  isOpen: boolean
  /** Null where no numbers are kept: single frames, taken and given as they are. */
  #numbers: { readonly sent: number; readonly received: number } | null
  #sendsMax: number
  #isConnecting = false

  constructor(numbering: 'numbered' | 'single') {
    this.isOpen = numbering === 'single'
    this.#numbers = numbering === 'single' ? null : { sent: 0, received: 0 }
    this.#sendsMax = numbering === 'single' ? SINGLE_BYTES_MAX : standardLimits.sends
  }

  command(route: Route, what: 'connect' | 'disconnect'): Cut {
    const isConnect = what === 'connect'
    this.#isConnecting = isConnect
    const info = isConnect ? writeLimits(proposedLimits) : nothing
    return {
      frame: frameTo(route, isConnect ? controls.snrm : controls.disc, info, false),
      rest: null,
    }
  }

  poll(route: Route): Cut {
    const control = receiveReady(this.#numbers?.received ?? 0)
    return { frame: frameTo(route, control, nothing, false), rest: null }
  }

  /** As much of an APDU as the meter takes in one frame. */
  cut(route: Route, bytes: Uint8Array): Cut {
    const { sent, received } = this.#numbers ?? { sent: 0, received: 0 }
    const info = bytes.subarray(0, this.#sendsMax)
    const rest = bytes.length > info.length ? bytes.subarray(info.length) : null
    return { frame: frameTo(route, information(sent, received), info, rest !== null), rest }
  }

  /** Whether a frame is the next in its numbers; a poll takes none. */
  expects(control: number, isPolled: boolean): boolean {
    if (!this.#numbers) return true
    const { sent, received } = this.#numbers
    if (receiveNumber(control) !== (isPolled ? sent : (sent + 1) & 7)) return false
    return isSupervisory(control) || sendNumber(control) === received
  }

  /** Takes the control field of a frame that was expected. */
  take(control: number, info: Uint8Array): void {
    if (control === controls.ua && this.#isConnecting) {
      this.#isConnecting = false
      this.isOpen = true
      this.#numbers &&= { sent: 0, received: 0 }
      this.#sendsMax = Math.min((readLimits(info) ?? standardLimits).takes, proposedLimits.sends)
    } else if (isInformation(control) || isSupervisory(control)) {
      const more = isInformation(control) ? 1 : 0
      this.#numbers &&= {
        sent: receiveNumber(control),
        received: (this.#numbers.received + more) & 7,
      }
    } else {
      this.isOpen = false
    }
  }
}
