import { toHex } from '#protocols/bytes'
import type { Dlt645Order } from '#protocols/dlt645'
import type { RelayCommand, SimulatedMeter } from '#simulators/meter'
import { digits, word } from './dlt645-bytes.ts'
import { demandsBefore, energiesBefore, eventsBefore } from './dlt645-operations.ts'
import { writeParameter } from './dlt645-writes.ts'

/** What a meter answers: done with what it repeats, a refusal, or nothing at all. */
export type Obeyed =
  | { readonly kind: 'done'; readonly data: Uint8Array }
  | { readonly kind: 'refused'; readonly error: number | Uint8Array }
  | { readonly kind: 'silent' }

/** How 1CH is answered: empty and by ERR as the standard has it, or by State Grid's words. */
export type ControlAnswers = 'standard' | 'words'

export const errors = { other: 0x01, noSuchData: 0x02, unauthorised: 0x04, baud: 0x08 } as const
/** 02 and 04 are the levels of operation with a plain password (明文); others need a cipher. */
const PLAIN_LEVELS = [0x02, 0x04]
const REFUSED_PASSWORD = 0x0004
const REFUSED_EXPIRED = 0x0010
/** Of its maximum baud rate: a meter here speaks the usual ones. */
const BAUDS = [1_200, 2_400, 4_800, 9_600]
const AT_ONCE = '99999999'
const OUTPUTS = 3

const commands: Readonly<Record<number, RelayCommand>> = {
  26: 'trip',
  27: 'allow-close',
  28: 'close',
  29: 'trip-then-close',
  30: 'trip-then-allow',
  42: 'alarm',
  43: 'clear-alarm',
  58: 'protect',
  59: 'unprotect',
}

const done: Obeyed = { kind: 'done', data: new Uint8Array(0) }
const silent: Obeyed = { kind: 'silent' }

/** Does what a meter does with an order that names it. */
export function obey(
  meter: SimulatedMeter,
  order: Dlt645Order,
  nowMs: number,
  answers: ControlAnswers,
): Obeyed {
  switch (order.kind) {
    case 'write': {
      if (!isRight(meter, order.access.password)) return refusal(errors.unauthorised)
      const error = writeParameter(meter, order.dataId, order.data, order.access.operator, nowMs)
      return error === null ? done : refusal(error)
    }
    case 'write-address':
      // §7.3: nobody but who holds the button inside the cover may do so; no error is answered.
      return meter.book.setAddress(order.newAddress, nowMs) ? done : silent
    case 'freeze':
      return freeze(meter, order.when, nowMs) ? done : refusal(errors.other)
    case 'change-baud':
      if (!BAUDS.includes(order.baud)) return refusal(errors.baud)
      return { kind: 'done', data: Uint8Array.of(baudFeature(order.baud)) }
    case 'change-password':
      return changePassword(meter, order)
    case 'clear-demand':
    case 'clear-meter':
    case 'clear-events':
      return clear(meter, order, nowMs)
    case 'control':
      return control(meter, order, nowMs, answers)
    case 'output':
      if (order.output >= OUTPUTS) return refusal(errors.other)
      return { kind: 'done', data: Uint8Array.of(order.output) }
    case 'authenticate':
      // Without a security chip (ESAM) there is nobody to ask.
      return { kind: 'refused', error: word(0x0004) }
  }
}

/** A freeze that was told to all meters: done without a word. */
export function freeze(meter: SimulatedMeter, when: string, nowMs: number): boolean {
  if (!/^\d{8}$/.test(when)) return false
  if (when === AT_ONCE) meter.book.freeze(nowMs)
  return true
}

function control(
  meter: SimulatedMeter,
  order: Extract<Dlt645Order, { kind: 'control' }>,
  nowMs: number,
  answers: ControlAnswers,
): Obeyed {
  const refuse = (bits: number, error: number): Obeyed => ({
    kind: 'refused',
    error: answers === 'words' ? word(bits) : error,
  })
  const { access, command: byte, expiresAt } = order
  if (!isRight(meter, access.password)) return refuse(REFUSED_PASSWORD, errors.unauthorised)
  const command = commands[byte]
  if (!command) return refusal(errors.other)
  if (!expiresAt || meter.clock.momentOfWall(expiresAt) < nowMs) {
    return refuse(REFUSED_EXPIRED, errors.other)
  }
  const answer = meter.supply.order(command, access.operator, nowMs)
  if ('refused' in answer) return refuse(answer.refused, errors.other)
  return answers === 'words' ? { kind: 'done', data: word(answer.done) } : done
}

function clear(
  meter: SimulatedMeter,
  order: Extract<Dlt645Order, { kind: 'clear-demand' | 'clear-meter' | 'clear-events' }>,
  nowMs: number,
): Obeyed {
  const { password, operator } = order.access
  if (!isRight(meter, password)) return refusal(errors.unauthorised)
  const lost = (before: Uint8Array) => ({ operator, before: toHex(before) })
  switch (order.kind) {
    case 'clear-demand':
      meter.book.clear('demandMs', nowMs, lost(demandsBefore(meter, nowMs)))
      return done
    case 'clear-meter':
      meter.book.clearAll(nowMs, lost(energiesBefore(meter, nowMs)))
      return done
    case 'clear-events':
      // One kind alone cannot be forgotten here: a simulated meter has one book of events.
      if (order.events !== 'FFFFFFFF') return refusal(errors.noSuchData)
      meter.book.clear('eventsMs', nowMs, lost(eventsBefore))
      return done
  }
}

function changePassword(
  meter: SimulatedMeter,
  order: Extract<Dlt645Order, { kind: 'change-password' }>,
): Obeyed {
  const level = Number.parseInt(order.dataId.slice(6), 16) - 1
  const isKnown = order.dataId.startsWith('04000C') && PLAIN_LEVELS.includes(level)
  if (!isKnown) return refusal(errors.noSuchData)
  // A level may change its own password and those of the levels below it, which count upwards.
  const asker = Number.parseInt(order.password.slice(0, 2), 16)
  const mayAsk = asker <= level && isRight(meter, order.password)
  if (!mayAsk) return refusal(errors.unauthorised)
  meter.book.setPassword(level, order.newPassword.slice(2))
  const level2 = digits(order.newPassword.slice(0, 2))
  return { kind: 'done', data: Uint8Array.of(...level2, ...digits(order.newPassword.slice(2))) }
}

/** PA P2 P1 P0 as a level's password. */
function isRight(meter: SimulatedMeter, password: string): boolean {
  const level = Number.parseInt(password.slice(0, 2), 16)
  return PLAIN_LEVELS.includes(level) && meter.book.passwordOf(level) === password.slice(2)
}

function baudFeature(baud: number): number {
  return 1 << (Math.log2(baud / 300) | 0)
}

function refusal(error: number): Obeyed {
  return { kind: 'refused', error }
}
