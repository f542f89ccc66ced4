import type { Channel, Dialer, DriverClock } from '#drivers/channel'
import { type Call, type Dialect, meaningOf } from './dialect.ts'
import {
  busy,
  damaged,
  failed,
  timeout,
  unknownSession,
  unreachable,
  wrongLength,
} from './failures.ts'
import type {
  ApduRequest,
  AuthenticatedMeter,
  Ciphered,
  CipherFailure,
  CipherHealth,
  CipherLimits,
  CipherMachine,
  CipherSession,
  KeyedDevice,
  KeySet,
  MeterOrder,
  OpeningSession,
  ProtectedApdu,
  ProtectedOrder,
  SecurityMode,
  SessionDevice,
} from './machine.ts'

const ANSWER_TIMEOUT_MS = 5_000
const ANSWER_BYTES_MAX = 16_384
const MAC_BYTES = 4
const ESAM_BYTES = 8
const SESSION_CIPHER_BYTES = 32
const SID_BYTES = 4
const RANDOM_BYTES = 8

export interface NetworkMachineOptions {
  readonly dialer: Dialer
  readonly dialect: Dialect
  readonly clock: DriverClock
  readonly limits?: CipherLimits
}

/** A cipher machine over a network: one call at a time, connected when it is needed. */
export function networkCipherMachine(options: NetworkMachineOptions): CipherMachine {
  return new NetworkMachine(options)
}

interface Opening {
  readonly device: SessionDevice
  readonly hostRandom: Uint8Array
}

type Fields = readonly Uint8Array[]

class NetworkMachine implements CipherMachine {
  readonly name: string
  readonly limits: CipherLimits
  readonly #options: NetworkMachineOptions
  /** Beside the handles and not in them, so that no log can show them. */
  readonly #openings = new WeakMap<OpeningSession, Opening>()
  readonly #sessions = new WeakMap<CipherSession, { device: SessionDevice; key: Uint8Array }>()
  #channel: Channel | null = null
  #incoming: AsyncIterator<Uint8Array> | null = null
  #tail: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(options: NetworkMachineOptions) {
    this.#options = options
    this.name = `${options.dialect.name}:${options.dialer.name}`
    this.limits = options.limits ?? { callsWaitingMax: 64, dataBytesMax: 2_048 }
  }

  async health(signal: AbortSignal): Promise<Ciphered<CipherHealth>> {
    const answer = await this.#call('health', [], signal)
    return mapped(answer, ([test, production, sessions]) => {
      if (!test || !production || sessions?.length !== 2) return undefined
      const keys = [
        { set: 'test', version: hex(test) },
        { set: 'production', version: hex(production) },
      ] as const
      return { keys, sessions: numberOf(sessions) }
    })
  }

  async authenticateMeter(device: KeyedDevice, signal: AbortSignal) {
    const answer = await this.#call('authenticateMeter', keyed(device), signal)
    return mapped(answer, ([random, cipher]) => {
      const whole = random?.length === RANDOM_BYTES && cipher?.length === RANDOM_BYTES
      return whole ? { random, cipher } : undefined
    })
  }

  async protectOrder(
    meter: AuthenticatedMeter,
    order: MeterOrder,
    signal: AbortSignal,
  ): Promise<Ciphered<ProtectedOrder>> {
    const fields = [...keyed(meter), meter.random, meter.esam, order.header, order.data]
    const answer = await this.#call(order.kind, fields, signal)
    // Parameters of class 1 travel as they are, everything else as cipher text.
    const level = order.kind === 'parameter-1' ? 0x99 : 0x98
    return mapped(answer, ([data]) => {
      if (!data || data.length <= MAC_BYTES) return undefined
      const end = data.length - MAC_BYTES
      return { level, data: data.slice(0, end), mac: data.slice(end) }
    })
  }

  async openSession(device: SessionDevice, signal: AbortSignal): Promise<Ciphered<OpeningSession>> {
    const fields = [...keyed(device), counterBytes(device.counter)]
    const answer = await this.#call('openSession', fields, signal)
    return mapped(answer, ([hostRandom, cipher, signature]) => {
      if (!hostRandom || cipher?.length !== SESSION_CIPHER_BYTES) return undefined
      if (signature?.length !== MAC_BYTES) return undefined
      const opening = { cipher, signature }
      this.#openings.set(opening, { device, hostRandom })
      return opening
    })
  }

  async confirmSession(
    opening: OpeningSession,
    given: { readonly random: Uint8Array; readonly signature: Uint8Array },
    signal: AbortSignal,
  ): Promise<Ciphered<CipherSession>> {
    const known = this.#openings.get(opening)
    if (!known) return unknownSession
    // One answer, one session: a second try needs a new opening.
    this.#openings.delete(opening)
    const { device, hostRandom } = known
    const fields = [...keyed(device), hostRandom, given.random, given.signature]
    const answer = await this.#call('confirmSession', fields, signal)
    return mapped(answer, ([key]) => {
      if (!key || key.length === 0) return undefined
      const session = Object.freeze({}) as CipherSession
      this.#sessions.set(session, { device, key })
      return session
    })
  }

  async protectApdu(
    session: CipherSession,
    { mode, task, apdu }: ApduRequest,
    signal: AbortSignal,
  ): Promise<Ciphered<ProtectedApdu>> {
    const known = this.#sessions.get(session)
    if (!known) return unknownSession
    const fields = [Uint8Array.of(modes[mode]), Uint8Array.of(tasks[task]), known.key, apdu]
    const answer = await this.#call('protectApdu', [...keyed(known.device), ...fields], signal)
    return mapped(answer, ([sid, attached, data, mac]) => {
      if (sid?.length !== SID_BYTES || !attached || !data) return undefined
      return mac?.length === MAC_BYTES ? { sid, attached, data, mac } : undefined
    })
  }

  async verifyApdu(
    session: CipherSession,
    { mode, data, mac }: { mode: SecurityMode; data: Uint8Array; mac: Uint8Array },
    signal: AbortSignal,
  ): Promise<Ciphered<Uint8Array>> {
    const known = this.#sessions.get(session)
    if (!known) return unknownSession
    const fields = [...keyed(known.device), Uint8Array.of(modes[mode]), known.key, data, mac]
    const answer = await this.#call('verifyApdu', fields, signal)
    return mapped(answer, ([plain]) => plain)
  }

  async authenticateMessage(
    { keys, esam }: { readonly keys: KeySet; readonly esam: Uint8Array },
    { afn, data }: { readonly afn: number; readonly data: Uint8Array },
    signal: AbortSignal,
  ): Promise<Ciphered<Uint8Array>> {
    if (esam.length !== ESAM_BYTES) return wrongLength('the number of an ESAM has 8 bytes')
    const fields = [keyByte(keys), esam, Uint8Array.of(afn), data]
    const answer = await this.#call('authenticateMessage', fields, signal)
    return mapped(answer, ([mac]) => (mac?.length === MAC_BYTES ? mac : undefined))
  }

  async close(): Promise<void> {
    await this.#tail
    await this.#drop()
  }

  /** In turn: an answer belongs to the only call that is out. */
  #call(call: Call, fields: Fields, signal: AbortSignal): Promise<Ciphered<Fields>> {
    const { callsWaitingMax, dataBytesMax } = this.limits
    if (fields.some(({ length }) => length > dataBytesMax)) {
      return Promise.resolve(wrongLength(`at most ${dataBytesMax} bytes at a time`))
    }
    if (this.#waiting >= callsWaitingMax) return Promise.resolve(busy)
    this.#waiting += 1
    const answered = this.#tail.then(async () => {
      try {
        return await this.#exchange(call, fields, signal)
      } finally {
        this.#waiting -= 1
      }
    })
    this.#tail = answered
    return answered
  }

  async #exchange(call: Call, fields: Fields, signal: AbortSignal): Promise<Ciphered<Fields>> {
    const { clock, dialect } = this.#options
    const late = new AbortController()
    const cancel = clock.after(ANSWER_TIMEOUT_MS, () => late.abort())
    const stop = AbortSignal.any([signal, late.signal])
    try {
      const channel = await this.#connected(stop)
      if ('code' in channel) return failed(channel)
      const sent = await channel.send(dialect.encode(call, fields), stop)
      const answer = sent.ok ? await this.#answer(stop) : unreachable(sent.error.message)
      if (answer.ok || answer.error.machineCode !== null) return answer
      // What may still come would answer the next call.
      await this.#drop()
      return answer
    } finally {
      cancel()
    }
  }

  async #connected(signal: AbortSignal): Promise<Channel | CipherFailure> {
    if (this.#channel && this.#channel.failure === null) return this.#channel
    const opened = await this.#options.dialer.open(signal)
    if (!opened.ok) return unreachable(opened.error.message).error
    this.#channel = opened.value
    this.#incoming = opened.value.bytes()[Symbol.asyncIterator]()
    return opened.value
  }

  async #answer(signal: AbortSignal): Promise<Ciphered<Fields>> {
    let held = new Uint8Array(0)
    for (;;) {
      const decoded = this.#options.dialect.decode(held)
      if (decoded?.kind === 'damaged') return damaged(decoded.message)
      if (decoded && held.length > decoded.bytes) return damaged('more came than was asked for')
      if (decoded && decoded.status === 0) return { ok: true, value: decoded.fields }
      if (decoded) {
        return failed({ ...meaningOf(decoded.status), machineCode: decoded.status })
      }
      if (held.length > ANSWER_BYTES_MAX) return damaged('an answer without end')
      const chunk = await orAborted(this.#incoming?.next(), signal)
      if (chunk === null) return timeout
      if (chunk?.done !== false) return unreachable('the machine has hung up')
      const joined = new Uint8Array(held.length + chunk.value.length)
      joined.set(held)
      joined.set(chunk.value, held.length)
      held = joined
    }
  }

  async #drop(): Promise<void> {
    const channel = this.#channel
    this.#channel = null
    this.#incoming = null
    await channel?.close()
  }
}

const modes: Readonly<Record<SecurityMode, number>> = { 'plain-mac': 1, cipher: 2, 'cipher-mac': 3 }

/** 任务类型, by the interface's numbers. */
const tasks: Readonly<Record<ApduRequest['task'], number>> = {
  'session-limit': 2,
  other: 3,
  'security-mode': 4,
  'rates-and-clock': 5,
  trip: 8,
}

function orAborted<T>(
  work: Promise<T> | undefined,
  signal: AbortSignal,
): Promise<T | null | undefined> {
  if (!work) return Promise.resolve(undefined)
  if (signal.aborted) return Promise.resolve(null)
  return new Promise((resolve, reject) => {
    const leave = () => resolve(null)
    signal.addEventListener('abort', leave, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}

function mapped<T>(answer: Ciphered<Fields>, read: (fields: Fields) => T | undefined): Ciphered<T> {
  if (!answer.ok) return answer
  const value = read(answer.value)
  return value === undefined ? damaged('the answer lacks fields') : { ok: true, value }
}

const keyByte = (keys: KeySet): Uint8Array => Uint8Array.of(keys === 'production' ? 1 : 0)
const keyed = ({ keys, dispersion }: KeyedDevice): Fields => [keyByte(keys), dispersion]
const counterBytes = (counter: number): Uint8Array =>
  Uint8Array.of(counter >>> 24, counter >>> 16, counter >>> 8, counter)
const numberOf = (bytes: Uint8Array): number => bytes.reduce((value, byte) => value * 256 + byte, 0)
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase()
