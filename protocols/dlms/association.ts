import { type Credentials, senderOf } from './access.ts'
import {
  type Acse,
  contexts,
  mechanisms,
  noAcse,
  readInitiate,
  writeAcse,
  writeInitiate,
} from './acse.ts'
import { type Apdu, parseApdu } from './apdu.ts'
import { Cursor } from './cursor.ts'
import { octets } from './data-writer.ts'
import type { Knowledge } from './job.ts'
import { conformanceOf, hasBit } from './results-table.ts'
import type { Route } from './route.ts'
import {
  answerChallenge,
  type Deciphered,
  decipher,
  encipher,
  type Gcm,
  isAnswerToChallenge,
  readCiphered,
} from './security.ts'
import type { Service, Target } from './services.ts'
import { writeService } from './write-service.ts'

/** What a client of this kind uses, and what it does only where it is told to. */
const usual = [
  'priority-mgmt-supported',
  'block-transfer-with-get-or-read',
  'block-transfer-with-set-or-write',
  'block-transfer-with-action',
  'multiple-references',
  'get',
  'set',
  'selective-access',
  'event-notification',
  'action',
] as const
const MAX_PDU_BYTES = 0x2000
const initiateOf = (conformance: number) =>
  writeInitiate({ kind: 'request', conformance, maxPduBytes: MAX_PDU_BYTES })
const initiates = {
  service: initiateOf(conformanceOf(...usual)),
  general: initiateOf(conformanceOf('general-block-transfer', ...usual)),
}
const CHALLENGE_BYTES = 16
const COUNTER_MAX = 0xffff_ffff
const authenticate: Target = { classId: 15, obis: '0.0.40.0.0.255', id: 1, access: null }

/** What is known where nobody negotiated. */
export const nothingLearned = (): Knowledge => ({
  lists: false,
  maxPduBytes: 0,
  scalers: new Map(),
  profiles: new Map(),
})

/** In which of its ways an association speaks. */
export type Manner = Pick<Route, 'ciphering' | 'blocks'>
export const usualManner: Manner = { ciphering: 'service', blocks: 'service' }

/** What a codec cannot make by itself. */
interface Given {
  readonly random: (bytes: number) => Uint8Array
  /** Null where counters follow the last one that was used. */
  readonly counter: (() => number) | null
}

/** The application side of a conversation: who we are to the meter, and under which keys. */
export class Association {
  state: 'none' | 'challenged' | 'open'
  knowledge: Knowledge = nothingLearned()
  readonly #gcm: Gcm
  readonly #credentials: Credentials
  readonly #manner: Manner
  readonly #challenge: Uint8Array
  readonly #nextOf: () => number
  #counter: number
  #serverTitle: Uint8Array | null = null
  #serverChallenge: Uint8Array = new Uint8Array(0)

  constructor(
    gcm: Gcm,
    credentials: Credentials,
    manner: Manner,
    { random, counter }: Given,
    state: 'none' | 'open',
  ) {
    this.#gcm = gcm
    this.#credentials = credentials
    this.#manner = manner
    this.state = state
    this.#counter = credentials.counter
    this.#nextOf = counter ?? (() => this.#counter + 1)
    this.#challenge =
      credentials.mechanism === mechanisms.gmac ? random(CHALLENGE_BYTES) : new Uint8Array(0)
  }

  /** Whether what the meter says must be enciphered, but for association and exceptions. */
  get isCiphered(): boolean {
    return this.#credentials.keys !== null && this.state !== 'none'
  }

  /** The last counter that was used with the keys. */
  get counter(): number {
    return this.#counter
  }

  get #initiate(): Uint8Array {
    return initiates[this.#manner.blocks]
  }

  request(): Uint8Array {
    const { keys, mechanism, password, title } = this.#credentials
    const isHigh = mechanism === mechanisms.gmac
    return writeAcse({
      ...noAcse,
      kind: 'aarq',
      context: keys ? contexts.lnCiphered : contexts.ln,
      mechanism,
      title: keys ? title : null,
      authentication: isHigh ? this.#challenge : password,
      user: this.#seal(this.#initiate, 'service'),
    })
  }

  release(): Uint8Array {
    // In a ciphered context only what is enciphered may end it.
    const user = this.#credentials.keys ? this.#seal(this.#initiate, 'service') : null
    return writeAcse({ ...noAcse, kind: 'rlrq', reason: 0, user })
  }

  /** Pass 3: what answers the meter's challenge. */
  proof(invoke: number): Service {
    const sender = senderOf(this.#gcm, this.#credentials)
    const proof = sender
      ? answerChallenge(sender, this.#serverChallenge, this.#nextCounter())
      : new Uint8Array(0)
    return {
      kind: 'action-request',
      form: 'normal',
      invoke,
      targets: [authenticate],
      values: [octets(proof)],
      block: null,
      taken: null,
    }
  }

  /** Pass 4: whether the meter answered ours. */
  isProven(service: Service): boolean {
    const sender = senderOf(this.#gcm, this.#credentials)
    if (service.kind !== 'action-response' || !sender || !this.#serverTitle) return false
    const returned = service.results[0]?.returned
    if (!returned?.ok || returned.data.kind !== 'octets') return false
    const meter = { ...sender, title: this.#serverTitle }
    return isAnswerToChallenge(meter, this.#challenge, returned.data.bytes)
  }

  /** A service as it is sent, enciphered where the context says so. */
  write(service: Service): Uint8Array {
    return this.#seal(writeService(service), this.#manner.ciphering)
  }

  #seal(plain: Uint8Array, form: 'service' | 'general'): Uint8Array {
    const sender = senderOf(this.#gcm, this.#credentials)
    return sender ? encipher(sender, plain, this.#nextCounter(), form) : plain
  }

  #nextCounter(): number {
    const next = this.#nextOf()
    // The same counter twice would give away what both messages say.
    if (next <= this.#counter || next > COUNTER_MAX)
      throw new Error('no invocation counter is left')
    this.#counter = next
    return next
  }

  /** The plain APDU behind an enciphered one. */
  reveal(apdu: Extract<Apdu, { kind: 'ciphered' }>): Deciphered {
    const { keys } = this.#credentials
    if (!keys) {
      return { ok: false, code: 'dlms.ciphered', message: 'enciphered; no keys were given' }
    }
    return decipher(this.#gcm, keys, apdu.ciphered, this.#serverTitle)
  }

  /** Takes the meter's answer to the association request, after it was found not to refuse. */
  accept(aare: Acse): void {
    this.#serverTitle = aare.title ?? this.#serverTitle
    this.#serverChallenge = aare.authentication ?? new Uint8Array(0)
    const initiate = aare.user && this.#initiateIn(aare.user)
    this.knowledge = {
      ...nothingLearned(),
      lists: initiate !== null && hasBit(initiate.conformance, 'multiple-references'),
      maxPduBytes: initiate?.maxPduBytes ?? 0,
    }
    this.state = this.#credentials.mechanism === mechanisms.gmac ? 'challenged' : 'open'
  }

  #initiateIn(user: Uint8Array) {
    const parsed = parseApdu(user)
    if (!parsed.ok || parsed.apdu.kind !== 'ciphered') return readInitiate(new Cursor(user))
    const ciphered = readCiphered(new Cursor(user))
    const { keys } = this.#credentials
    const plain = ciphered && keys && decipher(this.#gcm, keys, ciphered, this.#serverTitle)
    return plain?.ok ? readInitiate(new Cursor(plain.plain)) : null
  }
}
