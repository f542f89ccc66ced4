import { expect, test } from 'vitest'
import { hours, instant } from '#src/core'
import { type ControlOutcome, judgeControl } from '#src/diagnosis'

/** What came of the orders of one device, the newest first. */
const said = (...outcomes: readonly ControlOutcome['outcome'][]): readonly ControlOutcome[] =>
  outcomes.map((outcome, nth) => ({
    at: instant(hours(100 - nth)),
    effect: 'trip',
    outcome,
    reference: `gate-journal/${100 - nth}`,
    detail: outcome,
  }))

test.each([
  [said('proven'), true, null],
  [said('answered'), true, null],
  // One lost answer is none of the device's faults.
  [said('unanswered'), true, null],
  [said('unanswered', 'unanswered'), true, 'unanswered'],
  // It is not read either: that is a fault of communication.
  [said('unanswered', 'unanswered'), false, null],
  [said('answered', 'unanswered', 'unanswered'), true, null],
  [said('refused', 'answered'), true, 'refused'],
  [said('answered', 'refused'), true, null],
  [said('wrong-state'), true, 'wrong-state'],
  // To take an order is no proof that it was done.
  [said('answered', 'wrong-state'), true, 'wrong-state'],
  [said('proven', 'wrong-state', 'refused'), true, null],
  [said('wrong-state', 'proven'), false, 'wrong-state'],
] as const)(
  'orders that came out as %o, of a device that is read: %s, show %s',
  (of, isRead, cause) => {
    expect(judgeControl(of, isRead)?.cause ?? null).toBe(cause)
  },
)

test('what fails is told for itself, also where another kind of order is well', () => {
  const well = said('proven').map((one) => ({ ...one, effect: 'clock' }))
  const verdict = judgeControl([...well, ...said('refused', 'refused')], true)
  expect(verdict).toMatchObject({ cause: 'refused', shown: [{}, {}] })
  const once = judgeControl(said('refused'), true)
  expect(verdict?.confidence).toBeGreaterThan(once?.confidence ?? 1)
})
