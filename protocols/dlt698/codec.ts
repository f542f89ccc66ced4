import type { MeterProfile, Protocol } from '#protocols/model'
import { aimOf } from './aim.ts'
import { type Dlt698Response, decodeAnswer, isAnswerTo, nextRequest } from './answer.ts'
import { valuesOf } from './answer-values.ts'
import { describeFrame } from './describe.ts'
import { carriedBy, effectOf } from './effect.ts'
import { pullEvents } from './event-pull.ts'
import { eventsOf } from './events.ts'
import { relayOrder, setClock } from './order.ts'
import { numberOf, planReads } from './plan.ts'
import { type Dlt698Request, encodeRequest, expectsAnswer } from './request.ts'
import { frameScanner } from './scanner.ts'
import { wrapped } from './security.ts'
import { unaskedOf } from './unasked.ts'

type Base = Protocol<Dlt698Request, Dlt698Response>
/** The protocol with all that it can do beside the least. */
type Dlt698 = Base & Required<Pick<Base, 'carried' | 'unasked' | 'session' | 'order' | 'setClock'>>

const challengeBytes = 16
/** The archive's word for devices that are read in a security envelope with a challenge (RN). */
const challengeProfile = 'challenge'

/** DL/T 698.45. */
export const dlt698: Dlt698 = {
  name: 'dlt698',
  scanner: frameScanner,
  encode: encodeRequest,
  expectsAnswer,
  decode: decodeAnswer,
  answers: isAnswerTo,
  follow: nextRequest,
  plan: planReads,
  readings: valuesOf,
  events: eventsOf,
  pullEvents,
  describe: describeFrame,
  effect: effectOf,
  aim: aimOf,
  carried: carriedBy,
  unasked: unaskedOf,
  order: relayOrder,
  setClock,
  session,
}

/**
 * Numbers its requests on from a start that chance gives, so that an answer to an earlier visit is
 * no answer to this one. A device of the profile `challenge` is asked in a security envelope with
 * a random number, for which it proves its answer.
 */
function session(meter: MeterProfile, random: (bytes: number) => Uint8Array): Dlt698 {
  let sent = random(1)[0] ?? 0
  const asks = meter.profile === challengeProfile
  const prepare = (request: Dlt698Request): Dlt698Request => {
    if (request.kind === 'confirm') return request
    const numbered = { ...request.apdu, piid: numberOf(sent++) }
    const proof = { kind: 'random', value: random(challengeBytes) } as const
    return { ...request, apdu: asks ? wrapped(numbered, proof) : numbered }
  }
  return {
    ...dlt698,
    plan(items, of) {
      const { requests, unsupported } = planReads(items, of)
      return { requests: requests.map(prepare), unsupported }
    },
  }
}
