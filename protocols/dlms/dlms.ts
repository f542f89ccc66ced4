import type {
  Decoded,
  DeviceEvent,
  EventPull,
  FrameAim,
  FrameDescription,
  FrameEffect,
  KnownEvent,
  Malformed,
  MeterProfile,
  MeterTime,
  Plan,
  Protocol,
  Reading,
  RelayOrder,
  Scanner,
  Unasked,
} from '#protocols/model'
import { type Credentials, credentialsOf } from './access.ts'
import { mechanisms } from './acse.ts'
import { aimOfFrame } from './aim.ts'
import { Association, usualManner } from './association.ts'
import { Conversation } from './conversation.ts'
import { describeFrame } from './describe.ts'
import { effectOfFrame } from './effect.ts'
import { logEvents, pullLogs } from './events.ts'
import { type DlmsRequest, type DlmsResponse, requestFor } from './request.ts'
import { addressText, type Route, routeOf, wordsOf } from './route.ts'
import { hdlcScanner, wrapperScanner } from './scanner.ts'
import { type Ciphered, type Deciphered, decipher, type Gcm } from './security.ts'
import { describer } from './series.ts'
import { clockTask, relayTask, type Task, tasksOf } from './task.ts'
import { parseFrame, withoutLlc } from './transport.ts'

/** A visit to one meter; the counter is to be kept for the next one. */
export interface DlmsSession extends Protocol<DlmsRequest, DlmsResponse> {
  /** The last invocation counter that was used with the keys. */
  readonly invocationCounter: number
}

export interface Dlms extends Protocol<DlmsRequest, DlmsResponse> {
  /** Explains frames in the order in which they came: an APDU in pieces with its last one. */
  describer(): (frame: Uint8Array) => FrameDescription
  /** `counter` gives each invocation counter once; without it they follow the one of the access. */
  session(
    meter: MeterProfile,
    random: (bytes: number) => Uint8Array,
    counter?: () => number,
  ): DlmsSession
}

const end: Task = { kind: 'end' }
const noChance = { random: () => new Uint8Array(0), counter: null }
const nobody: Credentials = {
  mechanism: mechanisms.none,
  password: null,
  keys: null,
  title: new Uint8Array(8),
  counter: 0,
}

/**
 * DLMS/COSEM as a client. By itself it builds and explains single frames; who talks to a meter
 * takes a session, whose first request opens link and association and whose last one ends them.
 */
export function createDlms(gcm: Gcm): Dlms {
  const single = () =>
    new Conversation(new Association(gcm, nobody, usualManner, noChance, 'open'), 'single')

  /** Nothing is ever asked of it: what it decodes stands alone. */
  const listener = single()

  /** A single frame belongs to no conversation: each look begins a new one. */
  function after(request: DlmsRequest): Conversation {
    const conversation = single()
    conversation.encode(request)
    return conversation
  }

  return {
    name: 'dlms',
    scanner: hdlcScanner,
    encode: (request) => single().encode(request),
    expectsAnswer: () => true,
    decode: (frame) => listener.decode(frame),
    answers: (request, response) => after(request).answers(request, response),
    follow: (request, response) => after(request).follow(request, response),
    plan: (items, meter) => planned(items, meter, null),
    readings(request, parts) {
      const conversation = single()
      let asked = request
      for (const part of parts) {
        conversation.encode(asked)
        const next = conversation.follow(asked, part)
        if (!next) break
        asked = next
      }
      return conversation.readings(request)
    },
    pullEvents: pullLogs,
    describe: (frame) => describeFrame(frame, null),
    describer: () => describer(null),
    effect: effectOfFrame,
    aim: (frame) => aimOfFrame(frame, null),
    unasked,
    order: (order, meter) => ordered(order, meter, null),
    setClock: (time, meter) => clockRequest(time, meter),
    session: (meter, random, counter) => new Session(gcm, meter, random, counter ?? null),
  }
}

/** Which scanner finds the frames of a meter: HDLC, or the wrapper where its profile says so. */
function scannerOf(route: Route | null): Scanner {
  return route?.framing === 'wrapper' ? wrapperScanner() : hdlcScanner()
}

function planned(
  items: readonly string[],
  meter: MeterProfile,
  last: Task | null,
): Plan<DlmsRequest> {
  const route = routeOf(meter)
  if (!route || !credentialsOf(meter).ok) return { requests: [], unsupported: items }
  const { requests: tasks, unsupported } = tasksOf(items)
  return { requests: requestsFor(route, tasks, last), unsupported }
}

function requestsFor(route: Route, tasks: readonly Task[], last: Task | null) {
  const all = last && tasks.length > 0 ? [...tasks, last] : tasks
  return all.map((task) => requestFor(route, task))
}

function ordered(order: RelayOrder, meter: MeterProfile, last: Task | null): Plan<DlmsRequest> {
  const route = routeOf(meter)
  const task = relayTask(order.action)
  if (!route || !task || !credentialsOf(meter).ok) {
    return { requests: [], unsupported: [order.action] }
  }
  return { requests: requestsFor(route, [task], last), unsupported: [] }
}

function clockRequest(time: MeterTime, meter: MeterProfile): DlmsRequest | null {
  const route = routeOf(meter)
  return route && credentialsOf(meter).ok ? requestFor(route, clockTask(time)) : null
}

/** A notification that came without being asked for; nothing is answered. */
function unasked(frame: Uint8Array): Unasked | null {
  const parsed = parseFrame(frame)
  if (!parsed.ok || parsed.carried.segmented) return null
  const [tag = 0] = withoutLlc(parsed.carried)
  if (!reportTags.has(tag)) return null
  return { kind: 'report', address: addressText(parsed.carried.source), answer: null }
}

/** Notifications, plain or enciphered with a global key. */
const reportTags: ReadonlySet<number> = new Set([0x0f, 0xc2, 0xca, 0xdb])

const noKeys: Deciphered = { ok: false, code: 'dlms.ciphered', message: 'no keys were given' }

/** A year of quarter hours in frames of 128 bytes takes half of them. */
const PARTS_MAX = 16_384

class Session implements DlmsSession {
  readonly name = 'dlms'
  readonly partsMax = PARTS_MAX
  readonly #meter: MeterProfile
  readonly #route: Route | null
  readonly #association: Association
  readonly #conversation: Conversation
  readonly #reveal: (own: Ciphered) => Deciphered
  #task: Task | null = null

  constructor(
    gcm: Gcm,
    meter: MeterProfile,
    random: (bytes: number) => Uint8Array,
    counter: (() => number) | null,
  ) {
    this.#meter = meter
    this.#route = routeOf(meter)
    const read = credentialsOf(meter)
    const credentials = read.ok ? read.credentials : nobody
    const manner = this.#route ?? usualManner
    this.#association = new Association(gcm, credentials, manner, { random, counter }, 'none')
    this.#conversation = new Conversation(this.#association, 'numbered')
    const { keys, title } = credentials
    this.#reveal = (own) => (keys ? decipher(gcm, keys, own, title) : noKeys)
  }

  get invocationCounter(): number {
    return this.#association.counter
  }

  scanner(): Scanner {
    return scannerOf(this.#route)
  }

  encode(request: DlmsRequest): Uint8Array {
    this.#task = request.task
    return this.#conversation.encode(request)
  }

  expectsAnswer(request: DlmsRequest): boolean {
    return this.#conversation.expectsAnswer(request)
  }

  decode(frame: Uint8Array): Decoded<DlmsResponse> {
    return this.#conversation.decode(frame)
  }

  answers(request: DlmsRequest, response: DlmsResponse): boolean {
    return this.#conversation.answers(request, response)
  }

  follow(request: DlmsRequest, response: DlmsResponse): DlmsRequest | null {
    return this.#conversation.follow(request, response)
  }

  goesOn(_request: DlmsRequest, response: DlmsResponse): boolean {
    return this.#conversation.goesOn(response)
  }

  /** Of the meter that the session was made for, whoever is named here. */
  plan(items: readonly string[]): Plan<DlmsRequest> {
    return planned(items, this.#meter, end)
  }

  readings(
    request: DlmsRequest,
  ): { ok: true; readings: readonly Reading[] } | { ok: false; malformed: Malformed } {
    return this.#conversation.readings(request)
  }

  events(request: DlmsRequest): readonly DeviceEvent[] {
    if (request.task.kind !== 'profile') return []
    const read = this.#conversation.readings(request)
    return read.ok ? logEvents(read.readings, wordsOf(this.#meter)) : []
  }

  pullEvents(items: readonly string[], known: readonly KnownEvent[], now: MeterTime): EventPull {
    return pullLogs(items, known, now)
  }

  describe(frame: Uint8Array): FrameDescription {
    return describeFrame(frame, (apdu) => this.#association.reveal(apdu))
  }

  effect(frame: Uint8Array): FrameEffect {
    return this.#conversation.effect(frame)
  }

  aim(frame: Uint8Array): FrameAim | null {
    return aimOfFrame(frame, { task: this.#task, reveal: this.#reveal })
  }

  unasked(frame: Uint8Array): Unasked | null {
    return unasked(frame)
  }

  order(order: RelayOrder): Plan<DlmsRequest> {
    return ordered(order, this.#meter, end)
  }

  /** Opens what is not open; the last request of any plan ends it. */
  setClock(time: MeterTime): DlmsRequest | null {
    return clockRequest(time, this.#meter)
  }
}
