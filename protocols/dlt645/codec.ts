import type { Protocol } from '#protocols/model'
import { aimOf } from './aim.ts'
import { decodeAnswer, isAnswerTo, isOverheard, nextRequest, valuesOf } from './answer.ts'
import { describeFrame } from './describe.ts'
import { effectOf } from './effect.ts'
import { pullEvents } from './event-pull.ts'
import { eventsOf } from './events.ts'
import { broadcastAddress, wakeUpBytes } from './frame.ts'
import { clockWrite, planOrder } from './order.ts'
import { planReads } from './plan.ts'
import { type Dlt645Request, type Dlt645Response, encodeRequest } from './request.ts'
import { frameScanner } from './scanner.ts'

/** DL/T 645-2007. */
export const dlt645: Protocol<Dlt645Request, Dlt645Response> = {
  name: 'dlt645-2007',
  scanner: frameScanner,
  encode: encodeRequest,
  expectsAnswer: ({ kind, address }) => kind !== 'set-clock' && address !== broadcastAddress,
  decode: decodeAnswer,
  answers: isAnswerTo,
  overhears: isOverheard,
  wakeUp: wakeUpBytes,
  follow: nextRequest,
  asksByNumber: true,
  plan: planReads,
  readings: valuesOf,
  events: eventsOf,
  pullEvents,
  describe: describeFrame,
  effect: effectOf,
  order: planOrder,
  setClock: clockWrite,
  aim: aimOf,
}
