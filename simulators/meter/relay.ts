/**
 * The relay of a meter that is cut off and switched on from afar (负荷开关), as a machine without
 * a clock: orders and the passing of time give the next relay. What it tells about an order are
 * the bits of State Grid's words (控制命令执行、错误状态字).
 */
export interface Relay {
  readonly phase: RelayPhase
  /** What follows a trip that ends by itself: `stay` where it does not (跳闸自动恢复). */
  readonly ending: 'stay' | 'close' | 'allow'
  /** Supply is kept (保电): no order opens the relay. */
  readonly isKept: boolean
  readonly isAlarm: boolean
  /** When the phase ends by itself, null where it does not. */
  readonly untilMs: number | null
  /** When a current that holds a trip back is looked at again. */
  readonly checkMs: number | null
  /** How long a trip that ends by itself lasts. */
  readonly returnMs: number
  /** When the contact moved last; what the meter reports follows a few seconds later. */
  readonly movedMs: number | null
}

/**
 * Open are `tripped` and `allowed`, which waits for the button. Closed are `closed`, `waiting`
 * (the delay of a trip) and `held` (a trip held back while the current is high).
 */
export type RelayPhase = 'tripped' | 'allowed' | 'closed' | 'waiting' | 'held'

export type RelayCommand =
  | 'trip'
  | 'trip-then-close'
  | 'trip-then-allow'
  | 'allow-close'
  | 'close'
  | 'alarm'
  | 'clear-alarm'
  | 'protect'
  | 'unprotect'

export interface RelayOrdered {
  readonly command: RelayCommand
  readonly nowMs: number
  /** For a trip that ends by itself; 0 takes the default of five minutes. */
  readonly returnMs: number
}

/** What the meter knows when a relay is ordered or time passes. */
export interface RelayPlace {
  /** A relay outside the meter (外置) has no button and cuts any current. */
  readonly isInside: boolean
  readonly tripDelayMs: number
  /** How long a high current may hold a trip back. */
  readonly holdMaxMs: number
  /** A meter that counts money itself trips again once its supply is no longer kept. */
  readonly owes: boolean
  isHighAt(ms: number): boolean
}

/** The bits of the word of what was done, or of the word of why it was refused. */
export type RelayAnswer = { readonly done: number } | { readonly refused: number }

/** The contact opened or closed. */
export interface RelayMove {
  readonly ms: number
  readonly isOpen: boolean
}

export interface RelayStep {
  readonly relay: Relay
  readonly moves: readonly RelayMove[]
}

export const done = {
  closed: 0x0001,
  allowed: 0x0002,
  tripped: 0x0004,
  delayed: 0x0008,
  returns: 0x0010,
  held: 0x0020,
  kept: 0x0100,
  notKept: 0x0200,
  alarm: 0x0400,
  noAlarm: 0x0800,
} as const
export const refused = {
  unauthorised: 0x0004,
  expired: 0x0010,
  kept: 0x0020,
  returnKept: 0x0040,
  returnTripped: 0x0100,
} as const

const RETURN_DEFAULT_MS = 300_000
const BUTTON_MS = 3_000
/** How long the contact is watched before its place is believed. */
const FEEDBACK_MS = 4_000
/** How often a high current is looked at. */
const HOLD_CHECK_MS = 60_000

export const closedRelay: Relay = {
  phase: 'closed',
  ending: 'stay',
  isKept: false,
  isAlarm: false,
  untilMs: null,
  checkMs: null,
  returnMs: 0,
  movedMs: null,
}

export function isOpen({ phase }: Relay): boolean {
  return phase === 'tripped' || phase === 'allowed'
}

/** Bits 4, 6, 7 and 12 of run status word 3: the contact, the order, what is announced, kept. */
export function relayBits(relay: Relay, nowMs: number): number {
  const isSettled = relay.movedMs === null || nowMs - relay.movedMs >= FEEDBACK_MS
  const contact = isOpen(relay) === isSettled
  const isOrdered = relay.phase === 'tripped' || isPending(relay)
  return (
    (contact ? 1 << 4 : 0) |
    (isOrdered ? 1 << 6 : 0) |
    (relay.isAlarm || isPending(relay) ? 1 << 7 : 0) |
    (relay.isKept ? 1 << 12 : 0)
  )
}

/** What an order makes of a relay, and what the meter answers. */
export function orderRelay(
  relay: Relay,
  ordered: RelayOrdered,
  place: RelayPlace,
): RelayStep & { readonly answer: RelayAnswer } {
  const { command, nowMs } = ordered
  const settled = (next: Relay, word: number) => ({
    ...moved(relay, next, nowMs),
    answer: { done: word },
  })
  switch (command) {
    case 'alarm':
      return settled({ ...relay, isAlarm: true }, done.alarm)
    case 'clear-alarm':
      return settled({ ...relay, isAlarm: false }, done.noAlarm)
    case 'close':
      return settled(resting(relay, 'closed'), done.closed)
    case 'allow-close':
      return settled(released(relay, place), done.allowed)
    case 'protect':
      return settled({ ...released(relay, place), isKept: true }, done.kept)
    case 'unprotect': {
      const free = { ...relay, isKept: false }
      const owing = place.owes && relay.isKept && !isOpen(relay)
      return settled(owing ? tripped(free, 'stay', nowMs, place) : free, done.notKept)
    }
    case 'trip':
      if (relay.isKept) return { relay, moves: [], answer: { refused: refused.kept } }
      return tripAnswered(relay, tripped(relay, 'stay', nowMs, place), nowMs, done.tripped)
    case 'trip-then-close':
    case 'trip-then-allow':
      return tripForATime(relay, ordered, place)
  }
}

/** What time makes of a relay: delays end, a high current falls, a trip returns. */
export function passTime(relay: Relay, toMs: number, place: RelayPlace): RelayStep {
  const moves: RelayMove[] = []
  let current = relay
  for (let at = nextMs(current); at !== null && at <= toMs; at = nextMs(current)) {
    const step = moved(current, after(current, at, place), at)
    moves.push(...step.moves)
    current = step.relay
  }
  return { relay: current, moves }
}

/** The button at the meter: three seconds close a relay that may be closed. */
export function pressButton(relay: Relay, heldMs: number, nowMs: number): RelayStep {
  if (relay.phase !== 'allowed' || heldMs < BUTTON_MS) return { relay, moves: [] }
  return moved(relay, resting(relay, 'closed'), nowMs)
}

/** After a failure of supply: what was tripped for a time returns, what was announced happens. */
export function powerUp(relay: Relay, nowMs: number, place: RelayPlace): RelayStep {
  const isTrip = relay.phase === 'tripped' || isPending(relay)
  if (!isTrip) return { relay, moves: [] }
  const isBrief = relay.ending === 'close' || (isPending(relay) && relay.ending === 'allow')
  if (isBrief) return moved(relay, resting(relay, 'closed'), nowMs)
  const next = relay.ending === 'allow' ? released(relay, place) : resting(relay, 'tripped')
  return moved(relay, next, nowMs)
}

function tripForATime(relay: Relay, ordered: RelayOrdered, place: RelayPlace) {
  const refuse = (word: number) => ({ relay, moves: [], answer: { refused: word } })
  if (relay.isKept) return refuse(refused.returnKept)
  if (relay.phase !== 'closed' && relay.ending === 'stay') return refuse(refused.returnTripped)
  // Outside the meter there is no button: what would be allowed is closed.
  const ending = ordered.command === 'trip-then-allow' && place.isInside ? 'allow' : 'close'
  const returnMs = ordered.returnMs > 0 ? ordered.returnMs : RETURN_DEFAULT_MS
  const next = tripped({ ...relay, returnMs }, ending, ordered.nowMs, place)
  return tripAnswered(relay, next, ordered.nowMs, done.returns)
}

function tripAnswered(relay: Relay, next: Relay, nowMs: number, opened: number) {
  const words = { waiting: done.delayed, held: done.held }
  const word = next.phase === 'waiting' || next.phase === 'held' ? words[next.phase] : opened
  return { ...moved(relay, next, nowMs), answer: { done: word } }
}

/** An open relay is tripped at once; a closed one waits, is held, or opens. */
function tripped(relay: Relay, ending: Relay['ending'], nowMs: number, place: RelayPlace): Relay {
  const next = { ...relay, ending }
  if (isOpen(relay)) return opened(next, nowMs)
  if (place.tripDelayMs > 0) {
    return { ...next, phase: 'waiting', untilMs: nowMs + place.tripDelayMs, checkMs: null }
  }
  return cut(next, nowMs, place)
}

function cut(relay: Relay, nowMs: number, place: RelayPlace): Relay {
  if (place.isInside && place.holdMaxMs > 0 && place.isHighAt(nowMs)) {
    const untilMs = nowMs + place.holdMaxMs
    return { ...relay, phase: 'held', untilMs, checkMs: nowMs + HOLD_CHECK_MS }
  }
  return opened(relay, nowMs)
}

function opened(relay: Relay, nowMs: number): Relay {
  const untilMs = relay.ending === 'stay' ? null : nowMs + relay.returnMs
  return { ...relay, phase: 'tripped', untilMs, checkMs: null }
}

/** An open relay may be closed by the button where there is one; a trip to come is called off. */
function released(relay: Relay, place: RelayPlace): Relay {
  return resting(relay, isOpen(relay) && place.isInside ? 'allowed' : 'closed')
}

function resting(relay: Relay, phase: 'allowed' | 'closed' | 'tripped'): Relay {
  return { ...relay, phase, ending: 'stay', untilMs: null, checkMs: null }
}

function after(relay: Relay, ms: number, place: RelayPlace): Relay {
  switch (relay.phase) {
    case 'waiting':
      return cut(relay, ms, place)
    case 'held':
      if (ms === relay.untilMs || !place.isHighAt(ms)) return opened(relay, ms)
      return { ...relay, checkMs: ms + HOLD_CHECK_MS }
    case 'tripped':
      return relay.ending === 'close' ? resting(relay, 'closed') : released(relay, place)
    case 'allowed':
    case 'closed':
      return relay
  }
}

/** The next moment at which something may happen. */
function nextMs({ untilMs, checkMs }: Relay): number | null {
  if (untilMs === null || checkMs === null) return untilMs
  return Math.min(untilMs, checkMs)
}

function moved(from: Relay, to: Relay, ms: number): RelayStep {
  if (isOpen(from) === isOpen(to)) return { relay: to, moves: [] }
  return { relay: { ...to, movedMs: ms }, moves: [{ ms, isOpen: isOpen(to) }] }
}

function isPending({ phase }: Relay): boolean {
  return phase === 'waiting' || phase === 'held'
}
