import type { Decoded, FrameEffect, Malformed, Reading, Refusal } from '#protocols/model'
import type { Apdu } from './apdu.ts'
import type { Association } from './association.ts'
import { effectOfFrame, effectWithin } from './effect.ts'
import { Inbox } from './inbox.ts'
import { beginJob, type Job, nextService } from './job.ts'
import { invokeAfter, isAnswer, takeAnswer } from './job-answer.ts'
import { readingsOf } from './job-readings.ts'
import { controls, isInformation, isSupervisory } from './link.ts'
import { LinkState } from './link-state.ts'
import { apduRefusal, linkRefusal } from './refusal.ts'
import type { DlmsRequest, DlmsResponse } from './request.ts'
import { sameAddress } from './route.ts'
import type { Service } from './services.ts'
import type { Task } from './task.ts'
import { parseFrame, withLlc, wrapTo } from './transport.ts'

const FIRST_INVOKE = 0xc1
const nothing = new Uint8Array(0)

/** What is sent in the middle of an answer. */
const goingOn: ReadonlySet<Sending['kind']> = new Set(['poll', 'piece', 'confirm'])

/** What a frame is for. */
type Sending =
  | { readonly kind: 'connect' | 'disconnect' | 'poll' | 'associate' | 'release' | 'confirm' }
  | { readonly kind: 'piece'; readonly bytes: Uint8Array }
  | { readonly kind: 'prove' | 'service'; readonly service: Service }

interface Encoded {
  readonly request: DlmsRequest
  readonly accepted: number
  readonly frame: Uint8Array
  readonly sending: Sending
  readonly rest: Uint8Array | null
}

/**
 * One visit to one meter. Whatever is asked first opens link and association; the task `end` closes
 * them. A frame asked for again before its answer came is the same bytes, so that a repetition is
 * one to the meter as well; an answer moves the state on, exactly once, when it is recognised.
 */
export class Conversation {
  readonly association: Association
  readonly #link: LinkState
  readonly #inbox = new Inbox()
  #invoke = FIRST_INVOKE
  #accepted = 0
  #last: Encoded | null = null
  #apduEffect: FrameEffect = 'read'
  #lastTaken: DlmsResponse | null = null
  /** Why the association was refused: a meter is not asked again, it might lock itself. */
  #turnedAway: Refusal | null = null
  readonly #finished = new WeakMap<Task, Job>()
  readonly #begun = new WeakMap<Task, Job>()

  constructor(association: Association, numbering: 'numbered' | 'single') {
    this.association = association
    this.#link = new LinkState(numbering)
  }

  encode(request: DlmsRequest): Uint8Array {
    const last = this.#last
    if (last?.request === request && last.accepted === this.#accepted) return last.frame
    const sending = this.#sendingOf(request)
    const { frame, rest } = this.#build(request, sending)
    this.#last = { request, accepted: this.#accepted, frame, sending, rest }
    return frame
  }

  /** Of a frame that was just built here also if it is enciphered. */
  effect(frame: Uint8Array): FrameEffect {
    const last = this.#last
    return last && sameBytes(frame, last.frame) ? this.#apduEffect : effectOfFrame(frame)
  }

  expectsAnswer(request: DlmsRequest): boolean {
    const { task, route } = request
    return task.kind !== 'end' || route.framing === 'hdlc' || this.association.state !== 'none'
  }

  #sendingOf(request: DlmsRequest): Sending {
    const { route, task, turn } = request
    if (turn === 'piece') return { kind: 'piece', bytes: request.unsent ?? nothing }
    if (turn === 'poll' || turn === 'confirm') return { kind: turn }
    const { state } = this.association
    const isLinked = route.framing === 'wrapper' || this.#link.isOpen
    if (this.#turnedAway && task.kind !== 'end') {
      return { kind: route.framing === 'wrapper' ? 'release' : 'disconnect' }
    }
    if (task.kind === 'end') {
      if (route.framing === 'wrapper') return { kind: 'release' }
      const releases = isLinked && state !== 'none' && route.releases === 'release'
      return { kind: releases ? 'release' : 'disconnect' }
    }
    if (!isLinked) return { kind: 'connect' }
    if (state === 'none') return { kind: 'associate' }
    if (state === 'challenged')
      return { kind: 'prove', service: this.association.proof(this.#invoke) }
    const service = nextService(this.#jobOf(request), this.association.knowledge)
    if (!service) throw new Error('a task that is done has nothing to send')
    return { kind: 'service', service }
  }

  #jobOf({ task, job }: DlmsRequest): Job {
    const known = job ?? this.#begun.get(task)
    if (known) return known
    const begun = beginJob(task, this.#invoke, this.association.knowledge)
    this.#begun.set(task, begun)
    return begun
  }

  #build(request: DlmsRequest, sending: Sending) {
    const { route } = request
    if (!goingOn.has(sending.kind)) this.#inbox.begin()
    switch (sending.kind) {
      case 'connect':
      case 'disconnect':
        this.#apduEffect = 'read'
        return this.#link.command(route, sending.kind)
      case 'poll':
        return this.#link.poll(route)
      case 'piece':
        return this.#link.cut(route, sending.bytes)
      case 'confirm':
        this.#apduEffect = 'read'
        return this.#carry(request, this.#inbox.confirm(route.framing))
      case 'associate':
        this.#apduEffect = 'read'
        return this.#carry(request, this.association.request())
      case 'release':
        this.#apduEffect = 'read'
        return this.#carry(request, this.association.release())
      case 'prove':
      case 'service':
        this.#apduEffect = effectWithin(sending.service, request.task)
        return this.#carry(request, this.association.write(sending.service))
    }
  }

  #carry({ route }: DlmsRequest, apdu: Uint8Array) {
    if (route.framing === 'wrapper') return { frame: wrapTo(route, apdu), rest: null }
    return this.#link.cut(route, withLlc(apdu))
  }

  decode(frame: Uint8Array): Decoded<DlmsResponse> {
    const parsed = parseFrame(frame)
    if (!parsed.ok) return { kind: 'malformed', malformed: parsed.malformed }
    const isEnding = this.#last?.request.task.kind === 'end'
    const read = this.#inbox.read(parsed.carried, this.association, isEnding)
    if (!read.ok) return { kind: 'malformed', malformed: read.malformed }
    const { response } = read
    const refusal = this.#refusalOf(response)
    return refusal ? { kind: 'refusal', response, refusal } : { kind: 'answer', response }
  }

  #refusalOf({ control, apdu }: DlmsResponse): Refusal | null {
    const last = this.#last
    const isEnding = last?.request.task.kind === 'end'
    if (this.#isLeaving && !isEnding) return this.#turnedAway
    if (!apdu) return linkRefusal(control, isEnding)
    const isService = last && !isEnding && this.association.state === 'open'
    const refusal = apduRefusal(apdu, isService ? this.#jobOf(last.request) : null)
    // Whatever is said to a release: nothing is asked of the association any more.
    if (refusal) return isEnding ? null : refusal
    if (last?.sending.kind !== 'prove' || apdu.kind !== 'service') return null
    if (this.association.isProven(apdu.service)) return null
    return {
      code: 'dlms.meter-not-proven',
      message: 'the meter did not prove that it has the keys',
    }
  }

  get #isLeaving(): boolean {
    return ['disconnect', 'release'].includes(this.#last?.sending.kind ?? '')
  }

  answers(request: DlmsRequest, response: DlmsResponse): boolean {
    if (response === this.#lastTaken) return true
    const last = this.#last
    if (!last || !this.#isFor(request, response) || !this.#isExpected(last, response)) return false
    this.#lastTaken = response
    this.#accepted++
    this.#take(last, response)
    return true
  }

  #isFor({ route }: DlmsRequest, { framing, server, client }: DlmsResponse): boolean {
    return framing === route.framing && client === route.client && sameAddress(server, route.server)
  }

  #isExpected({ sending, rest, request }: Encoded, response: DlmsResponse): boolean {
    const { control, apdu } = response
    if (control === null) return this.#isContentExpected(sending, request, response)
    if (control === controls.dm || control === controls.frmr) return true
    if (sending.kind === 'connect' || sending.kind === 'disconnect') return control === controls.ua
    const isSupervised = isSupervisory(control)
    if (!isSupervised && !isInformation(control)) return false
    const isPolled = sending.kind === 'poll' || this.#inbox.isStreaming
    if (!this.#link.expects(control, isPolled)) return false
    if (isSupervised) return true
    if (rest) return false
    if (apdu === null && response.segmented) return true
    return this.#isContentExpected(sending, request, response)
  }

  #isContentExpected(sending: Sending, request: DlmsRequest, response: DlmsResponse): boolean {
    const { apdu, transfer } = response
    const isService = this.association.state === 'open' && request.task.kind !== 'end'
    if (transfer && !isService) return false
    return apdu === null ? transfer !== undefined : this.#isApduExpected(sending, request, apdu)
  }

  #isApduExpected(sending: Sending, request: DlmsRequest, apdu: Apdu): boolean {
    const { state } = this.association
    if (sending.kind === 'release') return apdu.kind === 'acse' || apdu.kind === 'service'
    if (apdu.kind === 'acse') return state === 'none' && apdu.acse.kind === 'aare'
    if (apdu.kind !== 'service') return false
    const { service } = apdu
    if (state === 'none') return service.kind === 'exception' || service.kind === 'service-error'
    if (state === 'challenged' || sending.kind === 'prove') {
      return service.kind === 'action-response' || service.kind === 'exception'
    }
    const job = this.#jobOf(request)
    const asked = nextService(job, this.association.knowledge)
    return asked !== null && isAnswer(job, asked, service)
  }

  #take({ sending, request }: Encoded, response: DlmsResponse): void {
    const { control, bytes, apdu } = response
    if (apdu && (sending.kind === 'associate' || sending.kind === 'prove')) {
      this.#turnedAway = this.#refusalOf(response)
    }
    if (control !== null) this.#link.take(control, bytes)
    this.#inbox.take(response)
    if (!this.#link.isOpen && request.route.framing === 'hdlc') this.association.state = 'none'
    if (apdu?.kind === 'acse' && apdu.acse.kind === 'aare' && !apduRefusal(apdu, null)) {
      this.association.accept(apdu.acse)
    }
    if (request.task.kind === 'end' && apdu) this.association.state = 'none'
    if (this.association.state === 'challenged' && apdu?.kind === 'service') {
      this.association.state = this.association.isProven(apdu.service) ? 'open' : 'none'
    }
  }

  /** True while further blocks come without being asked for. */
  goesOn({ transfer }: DlmsResponse): boolean {
    return transfer?.streaming === true && !transfer.last
  }

  /** Called after `answers` said yes. */
  follow(request: DlmsRequest, response: DlmsResponse): DlmsRequest | null {
    const { control, apdu, segmented, transfer } = response
    const rest = this.#last?.rest ?? null
    if (control !== null && isSupervisory(control)) {
      const isReady = (control & 0x0c) === 0
      const unsent = request.turn === 'poll' ? request.unsent : rest
      return { ...request, unsent, turn: isReady && unsent ? 'piece' : 'poll' }
    }
    if (segmented) {
      return { ...request, turn: 'poll', unsent: null }
    }
    if (transfer && !transfer.last) {
      return transfer.streaming ? null : { ...request, turn: 'confirm', unsent: null }
    }
    const fresh = { ...request, turn: 'apdu', unsent: null } as const
    if (request.task.kind === 'end') {
      return request.route.framing === 'hdlc' && apdu ? fresh : null
    }
    // Left, whatever it said to that: asked for more it would only be left again.
    if (this.#isLeaving) return null
    if (this.#isOpening(apdu)) return fresh
    if (apdu?.kind !== 'service') return null
    const { knowledge } = this.association
    const job = takeAnswer(this.#jobOf(request), apdu.service, knowledge)
    if (nextService(job, knowledge)) return { ...fresh, job }
    this.#invoke = invokeAfter(job.invoke)
    this.#finished.set(request.task, job)
    return null
  }

  #isOpening(apdu: Apdu | null): boolean {
    const sending = this.#last?.sending.kind
    if (apdu === null) return sending === 'connect'
    return apdu.kind === 'acse' || sending === 'prove'
  }

  readings(
    request: DlmsRequest,
  ): { ok: true; readings: readonly Reading[] } | { ok: false; malformed: Malformed } {
    if (request.task.kind === 'end') return { ok: true, readings: [] }
    const job = this.#finished.get(request.task)
    if (job) return readingsOf(job, this.association.knowledge, request.route.zone)
    return { ok: false, malformed: { code: 'dlms.incomplete', message: 'the answer is not whole' } }
  }
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index])
}
