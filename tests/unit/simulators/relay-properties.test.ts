import fc from 'fast-check'
import { expect, test } from 'vitest'
import { closedRelay, isOpen, orderRelay, passTime, type RelayCommand } from '#simulators/meter'

const start = 1_000_000
const commands: readonly RelayCommand[] = [
  'trip',
  'trip-then-close',
  'trip-then-allow',
  'allow-close',
  'close',
  'alarm',
  'clear-alarm',
  'protect',
  'unprotect',
]
const happenings = fc.array(
  fc.record({
    command: fc.constantFrom(...commands),
    afterMs: fc.integer({ min: 0, max: 3 * 86_400_000 }),
    returnMs: fc.integer({ min: 0, max: 3_600_000 }),
  }),
  { maxLength: 40 },
)
const places = fc.record({
  isInside: fc.boolean(),
  tripDelayMs: fc.integer({ min: 0, max: 3_600_000 }),
  holdMaxMs: fc.integer({ min: 0, max: 86_400_000 }),
  owes: fc.constant(false),
  high: fc.boolean(),
})

test('whatever it is told, a relay moves in turns, never while kept, and rests in the end', () => {
  fc.assert(
    fc.property(happenings, places, (list, { high, ...rest }) => {
      const place = { ...rest, isHighAt: () => high }
      let relay = closedRelay
      let now = start
      let isContactOpen = false
      for (const { command, afterMs, returnMs } of list) {
        const passed = passTime(relay, now + afterMs, place)
        now += afterMs
        const wasKept = passed.relay.isKept
        const step = orderRelay(passed.relay, { command, nowMs: now, returnMs }, place)
        for (const move of [...passed.moves, ...step.moves]) {
          expect(move.isOpen).toBe(!isContactOpen)
          isContactOpen = move.isOpen
        }
        if (wasKept) expect(step.moves.some((move) => move.isOpen)).toBe(false)
        expect(isOpen(step.relay)).toBe(isContactOpen)
        relay = step.relay
      }
      const end = passTime(relay, now + 30 * 86_400_000, place).relay
      expect(end.untilMs).toBeNull()
      expect(['closed', 'allowed', 'tripped']).toContain(end.phase)
    }),
  )
})

test('time passes alike in one step and in many', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...commands.slice(0, 3)),
      places,
      fc.array(fc.integer({ min: 1, max: 10_000_000 }), { maxLength: 30 }),
      (command, { high, ...rest }, steps) => {
        const place = { ...rest, isHighAt: () => high }
        const { relay } = orderRelay(closedRelay, { command, nowMs: start, returnMs: 0 }, place)
        const end = start + steps.reduce((sum, step) => sum + step, 0)
        let now = start
        let stepped = { relay, moves: passTime(relay, start, place).moves }
        for (const step of steps) {
          now += step
          const next = passTime(stepped.relay, now, place)
          stepped = { relay: next.relay, moves: [...stepped.moves, ...next.moves] }
        }
        expect(stepped).toEqual(passTime(relay, end, place))
      },
    ),
  )
})
