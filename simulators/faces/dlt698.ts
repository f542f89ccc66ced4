import { fromHex, toHex } from '#protocols/bytes'
import {
  type Apdu,
  addressMatches,
  apdu,
  buildFrame,
  dateTimeOf,
  decodeApdu,
  dlt698,
  encodeApdu,
  type Frame,
  fragmentsOf,
  opened,
  type Proof,
  parseAddress,
  parseFrame,
  readFragment,
  serverControlOf,
  shifted,
} from '#protocols/dlt698'
import type { SimulatedMeter } from '#simulators/meter'
import { blocksOf } from './dlt698-blocks.ts'
import { type Dlt698Own, meterObjects } from './dlt698-own.ts'
import { type Dlt698Place, serve } from './dlt698-services.ts'
import { dars } from './dlt698-values.ts'
import type { Face } from './face.ts'

/** How a device proves who asks (ESAM): what it takes for a proof, and what it proves itself by. */
export interface Dlt698Security {
  /** True if the proof is that of this APDU. */
  verify(inner: Uint8Array, proof: Proof): boolean
  /** The MAC of an answer, to a request with this random number or without one. */
  prove(inner: Uint8Array, random: Uint8Array | null): Uint8Array
}

export interface Dlt698FaceOptions {
  /** Meters that the device reads for others (代理). */
  readonly behind: readonly SimulatedMeter[]
  /** What a transparent forward reaches, meters of DL/T 645 for example. */
  readonly port: Face | null
  /** Null: whoever asks may order; else only who proves it. */
  readonly security: Dlt698Security | null
  /** The longest APDU; a longer list or record comes in blocks. */
  readonly apduBytesMax: number
  /** The longest part of an APDU in one frame; a longer APDU comes in fragments (分帧). */
  readonly frameDataMax: number
  readonly heartbeatSeconds: number
}

export const standardDlt698: Dlt698FaceOptions = {
  behind: [],
  port: null,
  security: null,
  apduBytesMax: 1024,
  frameDataMax: 2048,
  heartbeatSeconds: 300,
}

/** A meter or terminal; a terminal that dials in also says so itself. */
export interface Dlt698Device extends Face {
  login(nowMs: number): Uint8Array
  heartbeat(nowMs: number): Uint8Array
  logout(nowMs: number): Uint8Array
  /** The latest event where it was not reported yet (主动上报); null for nothing new. */
  report(nowMs: number): Uint8Array | null
}

/** The meter, whose address is the device's, speaking DL/T 698.45. */
export function dlt698Face(
  meter: SimulatedMeter,
  options: Dlt698FaceOptions = standardDlt698,
): Dlt698Device {
  return deviceFace(meterObjects(meter), options)
}

/** A device with objects of its own, and those behind it. */
export function deviceFace(own: Dlt698Own, options: Dlt698FaceOptions): Dlt698Device {
  const scanner = dlt698.scanner()
  const device = new Device(own, options)
  return {
    receive: (chunk, nowMs) =>
      scanner.push(chunk).flatMap((bytes) => {
        const parsed = parseFrame(bytes)
        const answer = parsed.ok ? device.answer(parsed.frame, nowMs) : null
        return answer ? [answer] : []
      }),
    reset() {
      scanner.reset()
      device.hangUp()
    },
    login: (nowMs) => device.say(0, nowMs),
    heartbeat: (nowMs) => device.say(1, nowMs),
    logout: (nowMs) => device.say(2, nowMs),
    report: (nowMs) => device.report(nowMs),
  }
}

const FROM_SERVER = 0x80
const FRAGMENT = 0x20
const FRAGMENT_CONTROL = 0xe3
const REPORT_CLIENT = 0x10
const NO_BLOCK = 9

class Device {
  readonly #place: Dlt698Place
  readonly #options: Dlt698FaceOptions
  /** What follows the block or fragment that was sent last. */
  #blocks: readonly Apdu[] = []
  #fragments: readonly Uint8Array[] = []
  #number = 0
  #reportedMs = Number.NEGATIVE_INFINITY

  constructor(own: Dlt698Own, options: Dlt698FaceOptions) {
    this.#options = options
    this.#place = { own, behind: options.behind, port: options.port }
  }

  hangUp(): void {
    this.#blocks = []
    this.#fragments = []
  }

  say(type: number, nowMs: number): Uint8Array {
    const time = dateTimeOf(this.#own.clock.wallAt(nowMs))
    const heartbeat = this.#options.heartbeatSeconds
    return this.#unasked(apdu('LINK-Request', this.#nextNumber(), { type, heartbeat, time }), 0)
  }

  report(nowMs: number): Uint8Array | null {
    const latest = this.#own.news(nowMs)
    if (!latest || latest.ms <= this.#reportedMs) return null
    this.#reportedMs = latest.ms
    const results = [latest.record()]
    const report = apdu('ReportNotificationRecordList', this.#nextNumber(), { results })
    return this.#unasked(report, REPORT_CLIENT)
  }

  answer(frame: Frame, nowMs: number): Uint8Array | null {
    const { control, server, data } = frame
    if ((control & FROM_SERVER) !== 0 || !addressMatches(server, this.#own.address)) return null
    if ((control & FRAGMENT) !== 0) return this.#nextFragment(frame)
    const outer = decodeApdu(data)
    const inner = outer.ok ? opened(outer.apdu) : null
    if (!outer.ok || !inner?.ok) return null
    const told = this.#tell(outer.apdu, inner.apdu, nowMs)
    // A broadcast is heard, obeyed, and not answered.
    if (!told || server.kind === 'broadcast' || server.kind === 'group') return null
    return this.#send(frame, this.#sealed(outer.apdu, told))
  }

  #tell(outer: Apdu, request: Apdu, nowMs: number): Apdu | null {
    if (request.service === 'GetRequestNext')
      return this.#nextBlock(request.piid, request.body.block)
    const isLate = this.#isLate(request, nowMs)
    const answer = serve(this.#place, request, !isLate && this.#isProven(outer, request), nowMs)
    const [first, ...rest] = answer ? blocksOf(answer, this.#options.apduBytesMax) : []
    this.#blocks = rest
    return first ? (isLate ? late(first) : first) : null
  }

  #nextBlock(piid: number, last: number): Apdu {
    const [next] = this.#blocks
    const isNext = next?.service === 'GetResponseNext' && next.body.block === last + 1
    if (!isNext) {
      const part = { kind: 'dar', value: NO_BLOCK } as const
      return apdu('GetResponseNext', piid, { isLast: 1, block: last + 1, part })
    }
    this.#blocks = this.#blocks.slice(1)
    return { ...next, piid }
  }

  /** An order whose time tag ended by the device's clock is not obeyed. */
  #isLate({ timeTag }: Apdu, nowMs: number): boolean {
    if (!timeTag || timeTag.delay.count === 0) return false
    const { unit, count } = timeTag.delay
    const minutes = { second: count / 60, minute: count, hour: count * 60, day: count * 1440 }
    const allowed = unit === 'month' || unit === 'year' ? null : minutes[unit]
    if (allowed === null) return false
    const end = shifted(timeTag.sentAt, Math.ceil(allowed))
    return this.#own.clock.momentOfWall(end) < nowMs
  }

  #isProven(outer: Apdu, inner: Apdu): boolean {
    const { security } = this.#options
    if (!security) return true
    // Telling the time to all needs no proof: it moves a clock by minutes at most.
    if (inner.service === 'ActionRequest' && inner.body.method.startsWith('40007F')) return true
    if (outer.service !== 'SECURITY-Request') return false
    return security.verify(encodeApdu(inner), outer.body.verification)
  }

  /** In a security envelope where the request came in one. */
  #sealed(outer: Apdu, answer: Apdu): Apdu {
    if (outer.service !== 'SECURITY-Request') return answer
    const value = encodeApdu(answer)
    const proof = outer.body.verification
    const random = proof.kind === 'random' ? proof.value : null
    const mac = this.#options.security?.prove(value, random)
    return apdu('SECURITY-Response', 0, {
      payload: { kind: 'plain', value },
      verification: mac ? { kind: 'mac', value: mac } : null,
    })
  }

  #send(frame: Frame, answer: Apdu): Uint8Array {
    const data = encodeApdu(answer)
    const most = this.#options.frameDataMax
    if (data.length <= most) return this.#frame(serverControlOf(answer), frame, data)
    const [first, ...rest] = fragmentsOf(data, most)
    this.#fragments = rest
    return this.#frame(FRAGMENT_CONTROL, frame, first ?? data)
  }

  #nextFragment(frame: Frame): Uint8Array | null {
    const confirmed = readFragment(frame.data)
    const [next, ...rest] = this.#fragments
    const fragment = next ? readFragment(next) : undefined
    if (confirmed?.kind !== 'confirm' || !next || fragment?.block !== confirmed.block + 1)
      return null
    this.#fragments = rest
    return this.#frame(FRAGMENT_CONTROL, frame, next)
  }

  #frame(control: number, { server, client }: Frame, data: Uint8Array): Uint8Array {
    const own = { ...server, kind: 'single', digits: this.#own.address } as const
    return buildFrame({ control, server: own, client, data })
  }

  #unasked(message: Apdu, client: number): Uint8Array {
    const server = parseAddress(this.#own.address)
    if (!server) throw new Error(`invariant broken: ${this.#own.address} is no address`)
    const control = serverControlOf(message)
    return buildFrame({ control, server, client, data: encodeApdu(message) })
  }

  #nextNumber(): number {
    this.#number = (this.#number + 1) & 0x3f
    return this.#number
  }

  get #own(): Dlt698Own {
    return this.#place.own
  }
}

/** The same answer with the word for a time tag that ended. */
function late(answer: Apdu): Apdu {
  const tooLate = { dar: dars.timeTag }
  switch (answer.service) {
    case 'ActionResponseNormal':
      return { ...answer, body: { ...answer.body, ...tooLate } }
    case 'SetResponseNormal':
      return { ...answer, body: { ...answer.body, ...tooLate } }
    default:
      return answer
  }
}

/**
 * A security chip of tests: its MAC is four bytes that depend on a secret and on every byte of the
 * APDU. It proves nothing to anybody who can read this.
 */
export function toySecurity(secret: string): Dlt698Security {
  const key = fromHex(secret) ?? new Uint8Array(0)
  const macOf = (bytes: Uint8Array, random: Uint8Array | null) => {
    let state = 0x811c_9dc5
    for (const byte of [...key, ...bytes, ...(random ?? [])]) {
      state = Math.imul(state ^ byte, 0x0100_0193) >>> 0
    }
    return Uint8Array.of(state >>> 24, state >>> 16, state >>> 8, state)
  }
  return {
    verify(inner, proof) {
      const mac = proof.kind === 'sidMac' || proof.kind === 'randomMac' ? proof.value.mac : null
      return mac !== null && toHex(mac) === toHex(macOf(inner, null))
    },
    prove: macOf,
  }
}
