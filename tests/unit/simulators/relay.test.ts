import { describe, expect, it, test } from 'vitest'
import {
  closedRelay,
  isOpen,
  orderRelay,
  passTime,
  powerUp,
  pressButton,
  type Relay,
  type RelayCommand,
  type RelayPlace,
  relayBits,
} from '#simulators/meter'

const MINUTE_MS = 60_000
const start = 1_000_000
const calm: RelayPlace = {
  isInside: true,
  tripDelayMs: 0,
  holdMaxMs: 1_440 * MINUTE_MS,
  owes: false,
  isHighAt: () => false,
}
const busy: RelayPlace = { ...calm, isHighAt: () => true }
const delayed: RelayPlace = { ...calm, tripDelayMs: 15 * MINUTE_MS }

function ordered(relay: Relay, command: RelayCommand, place = calm, nowMs = start, returnMs = 0) {
  return orderRelay(relay, { command, nowMs, returnMs }, place)
}

function later(relay: Relay, ms: number, place = calm): Relay {
  return passTime(relay, start + ms, place).relay
}

/** A relay after orders that all come at once. */
function told(commands: readonly RelayCommand[], place = calm): Relay {
  return commands.reduce((relay, each) => ordered(relay, each, place).relay, closedRelay)
}

describe('a trip', () => {
  it('opens a closed relay at once where there is no delay', () => {
    const { relay, moves, answer } = ordered(closedRelay, 'trip')
    expect(answer).toEqual({ done: 0x0004 })
    expect(moves).toEqual([{ ms: start, isOpen: true }])
    expect(relay.phase).toBe('tripped')
    expect(later(relay, 100 * 86_400_000).phase).toBe('tripped')
  })

  it('waits for its delay: accepted is not open', () => {
    const { relay, moves, answer } = ordered(closedRelay, 'trip', delayed)
    expect(answer).toEqual({ done: 0x0008 })
    expect(moves).toEqual([])
    expect(isOpen(later(relay, 15 * MINUTE_MS - 1, delayed))).toBe(false)
    expect(passTime(relay, start + 15 * MINUTE_MS, delayed).moves).toEqual([
      { ms: start + 15 * MINUTE_MS, isOpen: true },
    ])
  })

  it('is called off while it waits, by closing and by permitting to close', () => {
    for (const command of ['close', 'allow-close', 'protect'] as const) {
      const { relay } = ordered(ordered(closedRelay, 'trip', delayed).relay, command, delayed)
      expect(relay.phase).toBe('closed')
      expect(later(relay, 86_400_000, delayed).phase).toBe('closed')
    }
  })

  it('is held back by a high current until the current falls', () => {
    const until = start + 10 * MINUTE_MS
    const place = { ...calm, isHighAt: (ms: number) => ms < until }
    const { relay, answer } = ordered(closedRelay, 'trip', place)
    expect(answer).toEqual({ done: 0x0020 })
    expect(later(relay, 10 * MINUTE_MS - 1, place).phase).toBe('held')
    expect(passTime(relay, start + 86_400_000, place).moves).toEqual([{ ms: until, isOpen: true }])
  })

  it('is held back for 24 hours at most', () => {
    const { relay } = ordered(closedRelay, 'trip', busy)
    expect(later(relay, 1_440 * MINUTE_MS - 1, busy).phase).toBe('held')
    expect(later(relay, 1_440 * MINUTE_MS, busy).phase).toBe('tripped')
  })

  it('comes after the delay and is then held back as well', () => {
    const place = { ...busy, tripDelayMs: MINUTE_MS }
    const { relay } = ordered(closedRelay, 'trip', place)
    expect(relay.phase).toBe('waiting')
    expect(later(relay, MINUTE_MS, place).phase).toBe('held')
  })

  it('is never held back by a relay outside the meter, nor where nothing may hold it', () => {
    expect(ordered(closedRelay, 'trip', { ...busy, isInside: false }).relay.phase).toBe('tripped')
    expect(ordered(closedRelay, 'trip', { ...busy, holdMaxMs: 0 }).relay.phase).toBe('tripped')
  })

  it('is refused while supply is kept', () => {
    const kept = told(['protect'])
    expect(ordered(kept, 'trip')).toEqual({ relay: kept, moves: [], answer: { refused: 0x0020 } })
    expect(ordered(kept, 'trip-then-close').answer).toEqual({ refused: 0x0040 })
    expect(ordered(told(['trip', 'protect']), 'trip').answer).toEqual({ refused: 0x0020 })
  })
})

describe('a trip that ends by itself', () => {
  it('closes or permits closing after the time sent', () => {
    const first = ordered(closedRelay, 'trip-then-close', calm, start, 2 * MINUTE_MS)
    expect(first.answer).toEqual({ done: 0x0010 })
    expect(later(first.relay, 2 * MINUTE_MS - 1).phase).toBe('tripped')
    expect(later(first.relay, 2 * MINUTE_MS)).toMatchObject({ phase: 'closed', untilMs: null })
    const second = ordered(closedRelay, 'trip-then-allow', calm, start, 2 * MINUTE_MS)
    expect(later(second.relay, 2 * MINUTE_MS).phase).toBe('allowed')
  })

  it('lasts five minutes where no time is sent', () => {
    const { relay } = ordered(closedRelay, 'trip-then-close')
    expect(later(relay, 299_999).phase).toBe('tripped')
    expect(later(relay, 300_000).phase).toBe('closed')
  })

  it('counts its time from the opening, not from the order', () => {
    const { relay, answer } = ordered(closedRelay, 'trip-then-close', delayed, start, MINUTE_MS)
    expect(answer).toEqual({ done: 0x0008 })
    expect(passTime(relay, start + 86_400_000, delayed).moves).toEqual([
      { ms: start + 15 * MINUTE_MS, isOpen: true },
      { ms: start + 16 * MINUTE_MS, isOpen: false },
    ])
  })

  it('is refused by a relay that is tripped for good, about to be, or waits for the button', () => {
    const refused = { refused: 0x0100 }
    expect(ordered(told(['trip']), 'trip-then-close').answer).toEqual(refused)
    expect(ordered(told(['trip', 'allow-close']), 'trip-then-allow').answer).toEqual(refused)
    expect(ordered(told(['trip'], delayed), 'trip-then-allow', delayed).answer).toEqual(refused)
    expect(ordered(told(['trip-then-close']), 'trip-then-allow').answer).toEqual({ done: 0x0010 })
  })

  it('becomes one that stays by a plain trip', () => {
    const relay = told(['trip-then-close', 'trip'])
    expect(later(relay, 86_400_000).phase).toBe('tripped')
  })

  it('only closes again outside the meter, where there is no button', () => {
    const outside = { ...calm, isInside: false }
    const { relay } = ordered(closedRelay, 'trip-then-allow', outside)
    expect(later(relay, 300_000, outside).phase).toBe('closed')
  })
})

describe('closing', () => {
  it('waits for the button at the meter, held for three seconds', () => {
    const { relay, moves, answer } = ordered(told(['trip']), 'allow-close')
    expect(answer).toEqual({ done: 0x0002 })
    expect(moves).toEqual([])
    expect(isOpen(relay)).toBe(true)
    expect(pressButton(relay, 2_999, start).moves).toEqual([])
    const pressed = pressButton(relay, 3_000, start)
    expect(pressed.moves).toEqual([{ ms: start, isOpen: false }])
    expect(pressed.relay.phase).toBe('closed')
    expect(pressButton(told(['trip']), 3_000, start).moves).toEqual([])
  })

  it('is direct where the relay is outside the meter, or the order says so', () => {
    const outside = { ...calm, isInside: false }
    expect(ordered(told(['trip']), 'allow-close', outside).relay.phase).toBe('closed')
    expect(ordered(told(['trip']), 'close')).toMatchObject({
      answer: { done: 0x0001 },
      moves: [{ isOpen: false }],
    })
  })
})

describe('kept supply', () => {
  it('permits closing where it was tripped, and stays so when it is no longer kept', () => {
    const kept = told(['trip', 'protect'])
    expect(kept).toMatchObject({ phase: 'allowed', isKept: true })
    expect(ordered(kept, 'unprotect')).toMatchObject({
      relay: { phase: 'allowed', isKept: false },
      answer: { done: 0x0200 },
    })
    expect(pressButton(kept, 3_000, start).relay).toMatchObject({ phase: 'closed', isKept: true })
  })

  it('lets a meter that counts money itself trip again once it is over', () => {
    const owing = { ...calm, owes: true }
    expect(ordered(told(['protect']), 'unprotect', owing).relay.phase).toBe('tripped')
    expect(ordered(told(['protect']), 'unprotect').relay.phase).toBe('closed')
    expect(ordered(closedRelay, 'unprotect', owing).relay.phase).toBe('closed')
  })
})

test.for([
  [['trip'], 'tripped'],
  [['trip-then-close'], 'closed'],
  [['trip-then-allow'], 'allowed'],
  [['trip', 'allow-close'], 'allowed'],
  [['close'], 'closed'],
] as const)('after %j a failure of supply leaves it %s', ([commands, phase]) => {
  expect(powerUp(told(commands), start, calm).relay.phase).toBe(phase)
})

test('a failure of supply lets a trip that waits happen, and forgets one that would end', () => {
  expect(powerUp(told(['trip'], delayed), start, delayed).relay.phase).toBe('tripped')
  expect(powerUp(told(['trip'], busy), start, busy).relay.phase).toBe('tripped')
  expect(powerUp(told(['trip-then-allow'], delayed), start, delayed).relay.phase).toBe('closed')
})

describe('status word 3', () => {
  const late = start + 4_000

  it('shows contact, order, alarm and kept supply', () => {
    expect(relayBits(closedRelay, late)).toBe(0)
    expect(relayBits(told(['trip']), late)).toBe(0x0050)
    expect(relayBits(told(['trip', 'allow-close']), late)).toBe(0x0010)
    expect(relayBits(told(['alarm']), late)).toBe(0x0080)
    expect(relayBits(told(['alarm', 'clear-alarm']), late)).toBe(0)
    expect(relayBits(told(['protect']), late)).toBe(0x1000)
    expect(relayBits(told(['trip'], delayed), late)).toBe(0x00c0)
  })

  it('believes in a moved contact after four seconds', () => {
    expect(relayBits(told(['trip']), start + 3_999)).toBe(0x0040)
    const closed = ordered(told(['trip']), 'close', calm, start + 10_000).relay
    expect(relayBits(closed, start + 13_999)).toBe(0x0010)
    expect(relayBits(closed, start + 14_000)).toBe(0)
  })
})
