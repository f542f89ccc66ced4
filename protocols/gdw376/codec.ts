import type { Protocol } from '#protocols/model'
import { aimOf } from './aim.ts'
import {
  decodeAnswer,
  type Gdw376Response,
  goesOn,
  isAnswerTo,
  nextRequest,
  valuesOf,
} from './answer.ts'
import { describeFrame } from './describe.ts'
import { carriedBy, effectOf } from './effect.ts'
import { pullEvents } from './event-pull.ts'
import { eventsOf } from './events.ts'
import { orderTo, setClockOf } from './order.ts'
import { planReads } from './plan.ts'
import { encodeRequest, type Gdw376Request } from './request.ts'
import { frameScanner } from './scanner.ts'
import { unaskedIn } from './unasked.ts'

/** Q/GDW 376.1 (1376.1), a master's side of it. */
export const gdw376 = {
  name: 'gdw376',
  scanner: frameScanner,
  encode: encodeRequest,
  expectsAnswer: (request) => !request.group,
  decode: decodeAnswer,
  answers: isAnswerTo,
  follow: nextRequest,
  goesOn,
  plan: planReads,
  readings: valuesOf,
  events: eventsOf,
  pullEvents,
  describe: describeFrame,
  effect: effectOf,
  aim: aimOf,
  carried: carriedBy,
  unasked: unaskedIn,
  order: orderTo,
  setClock: setClockOf,
} as const satisfies Protocol<Gdw376Request, Gdw376Response>
