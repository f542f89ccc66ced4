import { type DlmsRequest, dlmsRequests, dlmsWrites, slave, writeRequests } from '#protocols/dlms'
import type { FormedFrames, MeterProfile, RelayAction } from '#protocols/model'
import { dlms } from '../ciphered-dlms.ts'
import type { Speech } from './speech.ts'

/** A visit of more frames than any list of items comes to. */
const FRAMES_MAX = 1_000

/** Modes of the disconnect control in which an order of each kind is one (class 70). */
const modes: Readonly<Partial<Record<RelayAction, number>>> = {
  trip: 4,
  close: 4,
  'allow-close': 1,
}

const noChance = (bytes: number) => new Uint8Array(bytes)

/**
 * DLMS as whole visits: link, association, every request with what it leads to, and the end, as if
 * a meter answered that fits. Under keys both ends have a part in the frames: nothing is foreseen.
 */
export const dlmsSpeech: Speech = {
  forms: {
    requests: dlmsRequests,
    writes: dlmsWrites,
    write(item, value, { meter }): FormedFrames {
      const requests = writeRequests(item, value, meter)
      return typeof requests === 'string' ? requests : visit(meter, requests, 0)
    },
  },
  plan(items, meter) {
    const { requests, unsupported } = dlms.session(meter, noChance).plan(items, meter)
    return { messages: visit(meter, requests, 0), unsupported }
  },
  order(order, meter) {
    const planned = dlms.session(meter, noChance).order?.(order, meter)
    if (!planned) return { messages: [], unsupported: [order.action] }
    const messages = visit(meter, planned.requests, modes[order.action] ?? 0)
    return { messages, unsupported: planned.unsupported }
  },
  judge: (message) => ({ effect: dlms.effect(message), endsAt: null }),
  frame: (message) => message,
}

function visit(
  meter: MeterProfile,
  requests: readonly DlmsRequest[],
  controlMode: number,
): readonly Uint8Array[] {
  const session = dlms.session(meter, noChance)
  const frames: Uint8Array[] = []
  const meterSide = new FittingMeter(controlMode)
  for (const first of requests) {
    let request: DlmsRequest | null = first
    while (request !== null && frames.length < FRAMES_MAX) {
      const frame = session.encode(request)
      frames.push(frame)
      const decoded = session.decode(meterSide.answer(frame))
      if (decoded.kind !== 'answer' || !session.answers(request, decoded.response)) return frames
      request = session.follow(request, decoded.response)
    }
  }
  return frames
}

const { apdu, data, frame: frames, link } = slave
/** What the meter of our mind agrees to: one attribute a request, and values of any length. */
const conformance = apdu.conformanceOf('get', 'set', 'action', 'selective-access')
const ACCEPTED = 0
const clockColumn = data.structure(
  data.integer(18, 8),
  data.octets(data.obisBytes('0.0.1.0.0.255')),
  data.integer(15, 2),
  data.integer(18, 0),
)
const noScaler = data.structure(data.integer(15, 0), data.integer(22, 255))

/** A meter that has whatever it is asked for, and does whatever it is told. */
class FittingMeter {
  readonly #controlMode: number
  /** Of an APDU that comes in pieces. */
  #taken: Uint8Array = new Uint8Array(0)

  constructor(controlMode: number) {
    this.#controlMode = controlMode
  }

  answer(asked: Uint8Array): Uint8Array {
    const parsed = frames.parse(asked)
    if (!parsed.ok) return asked
    const { framing, source, destination, control, segmented, info } = parsed.carried
    const reply = (to: number, content: Uint8Array) =>
      frames.build({
        destination: source,
        source: destination,
        control: to,
        segmented: false,
        info: content,
      })
    if (framing === 'wrapper' || control === null) {
      const said = answerTo(info, this.#controlMode)
      return frames.buildWrapped({
        source: destination.upper,
        destination: source.upper,
        apdu: said,
      })
    }
    if (!link.isInformation(control)) {
      return reply(link.controls.ua, link.writeLimits(link.standardLimits))
    }
    const received = (link.sendNumber(control) + 1) & 7
    this.#taken = slave.join(this.#taken, info)
    if (segmented) return reply(link.receiveReady(received), new Uint8Array(0))
    const whole = frames.withoutLlc({ ...parsed.carried, info: this.#taken })
    this.#taken = new Uint8Array(0)
    const said = slave.join(frames.responseLlc, answerTo(whole, this.#controlMode))
    return reply(link.information(link.receiveNumber(control), received), said)
  }
}

function answerTo(bytes: Uint8Array, controlMode: number): Uint8Array {
  const parsed = apdu.parse(bytes)
  if (!parsed.ok) return bytes
  if (parsed.apdu.kind === 'acse') {
    const isOpening = parsed.apdu.acse.kind === 'aarq'
    const user = apdu.writeInitiate({ kind: 'response', conformance, maxPduBytes: 0 })
    return apdu.writeAcse({
      ...apdu.noAcse,
      kind: isOpening ? 'aare' : 'rlre',
      ...(isOpening
        ? { context: 1, result: ACCEPTED, diagnostic: { source: 'user', value: 0 }, user }
        : { reason: 0 }),
    })
  }
  if (parsed.apdu.kind !== 'service') return bytes
  const { service } = parsed.apdu
  switch (service.kind) {
    case 'get-request': {
      const { invoke, targets } = service
      const results = targets.map((target) => {
        return { ok: true, data: valueFor(target, controlMode) } as const
      })
      const kind = 'get-response'
      return apdu.writeService({ kind, form: 'normal', invoke, results, block: null })
    }
    case 'set-request': {
      const { invoke } = service
      const kind = 'set-response'
      return apdu.writeService({ kind, form: 'normal', invoke, results: [ACCEPTED], block: null })
    }
    case 'action-request': {
      const { invoke } = service
      const results = [{ result: ACCEPTED, returned: null }]
      return apdu.writeService({
        kind: 'action-response',
        form: 'normal',
        invoke,
        results,
        block: null,
        taken: null,
      })
    }
    default:
      return bytes
  }
}

type Asked = Parameters<typeof apdu.writeService>[0] & { readonly kind: 'get-request' }

function valueFor({ classId, id }: Asked['targets'][number], controlMode: number) {
  if (classId === 7 && id === 3) return data.array([clockColumn])
  if (classId === 7 && id === 4) return data.integer(6, 900)
  if (classId === 70 && id === 4) return data.integer(22, controlMode)
  const isScaler = (id === 3 && (classId === 3 || classId === 4)) || (id === 4 && classId === 5)
  return isScaler ? noScaler : data.array([])
}
