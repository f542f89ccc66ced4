import { type Gcm, slave } from '#protocols/dlms'
import { noise, type SimulatedMeter } from '#simulators/meter'
import type { Service } from './dlms-objects.ts'

const { writeAcse, noAcse, readInitiate, writeInitiate, conformanceOf, writeService } = slave.apdu
const { encipher, decipher, answerChallenge, isAnswerToChallenge } = slave.security

const LN = 1
const LN_CIPHERED = 3
const MECHANISM = { none: 0, low: 1, gmac: 5 } as const
const DIAGNOSTIC = { context: 2, mechanism: 11, failure: 13, required: 14 } as const
const CHALLENGE_BYTES = 16
const COUNTER_REUSED = 6
const DECIPHERING = 5
const GENERAL_GLO = 0xdb
const MAX_PDU_BYTES_MIN = 12

export interface MeterKeys {
  readonly encryption: Uint8Array
  readonly authentication: Uint8Array
  /** The security suite; as the length of the keys says it where absent, 0 or 2. */
  readonly suite?: 0 | 1 | 2
}

/** What a meter asks for before it answers; without a password and keys it is open to all. */
export interface MeterSecurity {
  readonly gcm: Gcm
  readonly password: Uint8Array | null
  readonly keys: MeterKeys | null
}

/** Counters of a meter's keys, which outlive every association and connection. */
export interface MeterCounters {
  /** The last that a client used, and the last of the meter's own. */
  client: number
  server: number
}

/** `public` sees what names the meter, `read` reads and sets the clock, `all` moves the relay. */
export type Rights = 'none' | 'public' | 'read' | 'all'

const generalBlocks = conformanceOf('general-block-transfer')
const conformance = conformanceOf(
  'block-transfer-with-get-or-read',
  'block-transfer-with-set-or-write',
  'block-transfer-with-action',
  'multiple-references',
  'get',
  'set',
  'selective-access',
  'event-notification',
  'action',
)

/** One client's association with the meter. */
export class MeterAssociation {
  rights: Rights = 'none'
  clientMaxPduBytes = 0
  /** Whether long answers go by general block transfer. */
  isByGeneralBlocks = false
  readonly #security: MeterSecurity
  readonly #seed: number
  readonly #title: Uint8Array
  readonly #pduBytesMax: number
  #isCiphered = false
  #form: 'service' | 'general' = 'service'
  #clientTitle = new Uint8Array(0)
  readonly #counters: MeterCounters
  #drawn = 0
  #clientChallenge = new Uint8Array(0)
  #challenge: Uint8Array | null = null

  constructor(
    meter: SimulatedMeter,
    security: MeterSecurity,
    counters: MeterCounters,
    pduBytesMax: number,
  ) {
    this.#counters = counters
    this.#security = security
    this.#seed = meter.spec.seed
    this.#pduBytesMax = pduBytesMax
    const serial = Uint8Array.from({ length: 5 }, (_, index) => (this.#seed >> (8 * index)) & 0xff)
    this.#title = slave.join(Uint8Array.of(0x53, 0x49, 0x4d), serial)
  }

  get isOpen(): boolean {
    return this.rights !== 'none'
  }

  /** True until the client has answered the challenge. */
  get isChallenged(): boolean {
    return this.#challenge !== null
  }

  close(): void {
    this.rights = 'none'
    this.#challenge = null
  }

  /** The answer to an association or release request; null for what is neither. */
  answer(apdu: Uint8Array): Uint8Array | null {
    const parsed = slave.apdu.parse(apdu)
    if (!parsed.ok || parsed.apdu.kind !== 'acse') return null
    const { acse } = parsed.apdu
    if (acse.kind === 'rlrq') {
      // What is enciphered in it counts, though nothing else in it matters.
      if (acse.user) this.#initiateIn(acse.user)
      this.close()
      return writeAcse({ ...noAcse, kind: 'rlre', reason: 0 })
    }
    return acse.kind === 'aarq' ? this.#associate(acse) : null
  }

  #associate(aarq: AcseRequest): Uint8Array {
    this.close()
    const { keys, password } = this.#security
    const isCiphered = aarq.context === LN_CIPHERED
    if ((aarq.context !== LN && !isCiphered) || (isCiphered && !keys)) {
      return this.#refuse(aarq, DIAGNOSTIC.context)
    }
    this.#isCiphered = isCiphered
    this.#clientTitle = Uint8Array.from(aarq.title ?? [])
    const initiate = aarq.user && this.#initiateIn(aarq.user)
    if (!initiate) return this.#refuse(aarq, DIAGNOSTIC.failure)
    this.isByGeneralBlocks = (initiate.conformance & generalBlocks) !== 0
    this.clientMaxPduBytes = Math.max(MAX_PDU_BYTES_MIN, initiate.maxPduBytes || 0xffff)
    switch (aarq.mechanism ?? MECHANISM.none) {
      case MECHANISM.none:
        this.rights = password || keys ? 'public' : 'all'
        return this.#accept(aarq, 0, null)
      case MECHANISM.low: {
        if (!password || !sameBytes(aarq.authentication, password)) {
          return this.#refuse(aarq, DIAGNOSTIC.failure)
        }
        // Who has the keys as well, or a meter that knows no more than a password.
        this.rights = isCiphered || !keys ? 'all' : 'read'
        return this.#accept(aarq, 0, null)
      }
      case MECHANISM.gmac: {
        if (!keys) return this.#refuse(aarq, DIAGNOSTIC.mechanism)
        this.#clientChallenge = Uint8Array.from(aarq.authentication ?? [])
        this.#challenge = this.#draw()
        return this.#accept(aarq, DIAGNOSTIC.required, this.#challenge)
      }
      default:
        return this.#refuse(aarq, DIAGNOSTIC.mechanism)
    }
  }

  #draw(): Uint8Array {
    const draw = this.#drawn++
    return Uint8Array.from({ length: CHALLENGE_BYTES }, (_, index) =>
      Math.floor(256 * noise(this.#seed, draw, 900 + index)),
    )
  }

  #initiateIn(user: Uint8Array) {
    const ciphered = slave.security.read(user)
    if (!ciphered) return this.#isCiphered ? null : readInitiate(user)
    const plain = this.#open(ciphered)
    return plain ? readInitiate(plain) : null
  }

  #open(ciphered: NonNullable<ReturnType<typeof slave.security.read>>): Uint8Array | null {
    const { keys, gcm } = this.#security
    if (!keys) return null
    if (ciphered.counter <= this.#counters.client) return null
    const opened = decipher(gcm, keys, ciphered, this.#clientTitle)
    // Only what was proven to come from the keys moves the counter.
    if (opened.ok) this.#counters.client = ciphered.counter
    return opened.ok ? opened.plain : null
  }

  #accept(aarq: AcseRequest, diagnostic: number, challenge: Uint8Array | null): Uint8Array {
    const initiate = writeInitiate({
      kind: 'response',
      conformance: this.isByGeneralBlocks ? conformance | generalBlocks : conformance,
      maxPduBytes: this.#pduBytesMax,
    })
    return writeAcse({
      ...noAcse,
      kind: 'aare',
      context: aarq.context,
      result: 0,
      diagnostic: { source: 'user', value: diagnostic },
      title: this.#isCiphered || challenge ? this.#title : null,
      mechanism: challenge ? MECHANISM.gmac : null,
      authentication: challenge,
      user: this.#seal(initiate, 'service'),
    })
  }

  #refuse(aarq: AcseRequest, diagnostic: number): Uint8Array {
    return writeAcse({
      ...noAcse,
      kind: 'aare',
      context: aarq.context,
      result: 1,
      diagnostic: { source: 'user', value: diagnostic },
    })
  }

  /** The service in an APDU, or the exception that answers one that is not taken. */
  read(apdu: Uint8Array): { readonly service: Service } | { readonly exception: Service } | null {
    const ciphered = slave.security.read(apdu)
    if (!ciphered) return this.#isCiphered ? { exception: exceptionOf(2) } : serviceIn(apdu)
    if (ciphered.counter <= this.#counters.client) {
      return {
        exception: { ...exceptionOf(COUNTER_REUSED), counter: this.#counters.client + 1 },
      }
    }
    const plain = this.#open(ciphered)
    if (!plain) return { exception: exceptionOf(DECIPHERING) }
    this.#form = apdu[0] === GENERAL_GLO ? 'general' : 'service'
    return serviceIn(plain)
  }

  /** Exceptions are never enciphered. */
  write(service: Service): Uint8Array {
    const plain = writeService(service)
    return service.kind === 'exception' ? plain : this.#seal(plain, this.#form)
  }

  #seal(plain: Uint8Array, form: 'service' | 'general'): Uint8Array {
    const { gcm, keys } = this.#security
    if (!this.#isCiphered || !keys) return plain
    this.#counters.server++
    return encipher({ gcm, keys, title: this.#title }, plain, this.#counters.server, form)
  }

  /** Pass 3 and 4: what answers the client's challenge, null where it did not answer ours. */
  prove(answer: Uint8Array): Uint8Array | null {
    const { gcm, keys } = this.#security
    const challenge = this.#challenge
    if (!challenge || !keys) return null
    const client = { gcm, keys, title: this.#clientTitle }
    if (!isAnswerToChallenge(client, challenge, answer)) return null
    this.#challenge = null
    this.rights = 'all'
    this.#counters.server++
    return answerChallenge(
      { gcm, keys, title: this.#title },
      this.#clientChallenge,
      this.#counters.server,
    )
  }
}

type AcseRequest = Parameters<typeof writeAcse>[0]

function serviceIn(apdu: Uint8Array): { readonly service: Service } | null {
  const parsed = slave.apdu.parse(apdu)
  return parsed.ok && parsed.apdu.kind === 'service' ? { service: parsed.apdu.service } : null
}

export function exceptionOf(service: number) {
  return { kind: 'exception', state: 1, service } as const satisfies Service
}

function sameBytes(left: Uint8Array | null, right: Uint8Array): boolean {
  return left?.length === right.length && left.every((byte, index) => byte === right[index])
}
