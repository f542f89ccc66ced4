import type { KeySet } from '#drivers/cipher'
import { decipher, deviceKey, encipher, equal, mac, sum } from './keys.ts'

/** How long an authentication holds (身份认证时效). */
const AUTHENTICATED_MS = 30 * 60_000
/** Wrong sums in a row after which a meter takes no more orders (挂起). */
const WRONG_MAX = 200

/** SERR of 03H, bit by bit (安全认证错误信息字). */
const serr = { other: 0x0001, esamCheck: 0x0004, identity: 0x0008 } as const
/** The word of refused orders (控制命令错误状态字). */
const refusedOrder = {
  suspended: 0x0001,
  mac: 0x0002,
  unauthorised: 0x0004,
  expired: 0x0008,
} as const
/** ConnectResult of DL/T 698.45. */
const connectResult = { symmetric: 2, signature: 4 } as const
/** DAR of DL/T 698.45. */
const dar = { mismatch: 20, symmetric: 28, signature: 30 } as const

/** 密钥状态字 04000508: production keys in all places, or those of the maker. */
export const keyStates: Readonly<Record<KeySet, string>> = {
  test: '00000000',
  production: '0001FFFF',
}

export interface EsamSpec {
  /** 12 digits. */
  readonly address: string
  /** 8 bytes. */
  readonly serial: Uint8Array
  readonly keys: KeySet
  readonly random: (bytes: number) => Uint8Array
}

export type EsamAnswer<T> =
  | { readonly ok: true; readonly value: T }
  /** SERR, a word of refused orders, a ConnectResult or a DAR, whichever the call answers with. */
  | { readonly ok: false; readonly refused: number }

interface Session {
  readonly key: Uint8Array
  lastSequence: number
}

/** The security chip of a simulated meter or terminal: the counterpart of the cipher machine. */
export class Esam {
  readonly serial: Uint8Array
  readonly #spec: EsamSpec
  #random2: Uint8Array | null = null
  #authenticatedUntilMs = Number.NEGATIVE_INFINITY
  #wrong = 0
  #counter = 0
  #session: Session | null = null

  constructor(spec: EsamSpec) {
    this.#spec = spec
    this.serial = spec.serial
  }

  get keyState(): string {
    return keyStates[this.#spec.keys]
  }

  /** 应用会话协商计数器, as F100 shows it. */
  get counter(): number {
    return this.#counter
  }

  /** 分散因子: 0000 and the address. */
  get dispersion(): Uint8Array {
    return Uint8Array.from(Buffer.from(this.#spec.address.padStart(16, '0'), 'hex'))
  }

  /** 03H, 070000FF: cipher 8, random 8, dispersion 8; the refusal is SERR. */
  authenticate(
    data: Uint8Array,
    nowMs: number,
  ): EsamAnswer<{ readonly random: Uint8Array; readonly serial: Uint8Array }> {
    if (data.length !== 24) return { ok: false, refused: serr.other }
    const [cipher, random, dispersion] = [0, 8, 16].map((at) => data.slice(at, at + 8))
    if (!cipher || !random || !dispersion) return { ok: false, refused: serr.other }
    if (!equal(dispersion, this.dispersion)) return { ok: false, refused: serr.esamCheck }
    const expected = sum(this.#key(), 8, new TextEncoder().encode('identity'), random)
    if (!equal(cipher, expected)) return { ok: false, refused: serr.identity }
    this.#random2 = this.#spec.random(4)
    this.#authenticatedUntilMs = nowMs + AUTHENTICATED_MS
    return { ok: true, value: { random: this.#random2, serial: this.serial } }
  }

  /** The plain data of an order or a write; the refusal is the word of refused orders. */
  unwrapOrder(
    order: { readonly level: number; readonly data: Uint8Array; readonly mac: Uint8Array },
    nowMs: number,
  ): EsamAnswer<Uint8Array> {
    if (this.#wrong >= WRONG_MAX) return { ok: false, refused: refusedOrder.suspended }
    if (order.level !== 0x98 && order.level !== 0x99) {
      return { ok: false, refused: refusedOrder.unauthorised }
    }
    if (!this.#random2 || nowMs >= this.#authenticatedUntilMs) {
      return { ok: false, refused: refusedOrder.expired }
    }
    const key = sum(this.#key(), 16, this.#random2, this.serial)
    const plain = order.level === 0x98 ? decipher(key, order.data) : order.data
    if (!equal(order.mac, mac(key, order.data)) || plain === null) {
      this.#wrong += 1
      return { ok: false, refused: refusedOrder.mac }
    }
    this.#wrong = 0
    return { ok: true, value: plain }
  }

  /** CONNECT of DL/T 698.45 with 密文 1 and its signature; the refusal is a ConnectResult. */
  connect(
    cipher: Uint8Array,
    signature: Uint8Array,
  ): EsamAnswer<{ readonly random: Uint8Array; readonly signature: Uint8Array }> {
    const key = this.#sessionRoot()
    if (!equal(signature, mac(key, cipher))) return { ok: false, refused: connectResult.signature }
    const plain = decipher(key, cipher)
    const counter = plain?.length === 20 ? new DataView(plain.buffer).getUint32(16) : 0
    if (!plain || counter <= this.#counter) {
      return { ok: false, refused: connectResult.symmetric }
    }
    this.#counter = counter
    const hostRandom = plain.slice(0, 16)
    const ours = this.#spec.random(16)
    const random = encipher(key, join(ours, hostRandom), 3)
    this.#session = { key: sum(key, 16, hostRandom, ours), lastSequence: 0 }
    return { ok: true, value: { random, signature: mac(key, random) } }
  }

  /** The plain APDU of a SECURITY-Request; the refusal is a DAR. Each SID is taken once. */
  unwrapApdu(request: {
    readonly sid: Uint8Array
    readonly attached: Uint8Array
    readonly data: Uint8Array
    readonly mac: Uint8Array
  }): EsamAnswer<Uint8Array> {
    const session = this.#session
    const { sid, attached, data } = request
    const sequence = ((sid[2] ?? 0) << 8) | (sid[3] ?? 0)
    if (!session || sequence <= session.lastSequence) return { ok: false, refused: dar.mismatch }
    if (!equal(request.mac, mac(session.key, sid, attached, data))) {
      return { ok: false, refused: dar.signature }
    }
    const plain = sid[0] === 1 ? data : decipher(session.key, data)
    if (!plain) return { ok: false, refused: dar.symmetric }
    session.lastSequence = sequence
    return { ok: true, value: plain }
  }

  /** An answer as a SECURITY-Response carries it; null outside a session. */
  wrapApdu(
    plain: Uint8Array,
    isEnciphered: boolean,
  ): { readonly data: Uint8Array; readonly mac: Uint8Array } | null {
    if (!this.#session) return null
    const { key } = this.#session
    const data = isEnciphered ? encipher(key, plain) : plain
    return { data, mac: mac(key, data) }
  }

  /** The message authentication code of a 376.1 message. */
  isMessageMac(afn: number, data: Uint8Array, given: Uint8Array): boolean {
    const key = deviceKey(this.#spec.keys, this.serial)
    return equal(given, mac(key, Uint8Array.of(afn), data))
  }

  #key(): Uint8Array {
    return deviceKey(this.#spec.keys, this.dispersion)
  }

  /** With the maker's keys the chip's number is what they are derived from. */
  #sessionRoot(): Uint8Array {
    const { keys } = this.#spec
    return deviceKey(keys, keys === 'test' ? this.serial : this.dispersion)
  }
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}
