import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Settled, settle, type Told, tellingsOf } from '#src/events'

const base: Told = {
  edge: 'began',
  at: 100,
  ownEnd: null,
  sequence: null,
  serial: null,
  receivedAt: 1_000,
  source: 'report',
  toldBy: null,
  protocol: 'gdw376',
  eventId: 'ERC9',
  code: 'current-cut',
  isSpan: true,
  details: '[]',
  raw: 'AA',
}
const began = (at: number, more: Partial<Told> = {}): Told => ({ ...base, at, ...more })
const ended = (at: number, more: Partial<Told> = {}): Told => {
  return { ...base, edge: 'ended', at, ...more }
}

/** Beginning and end of each event; `~` where another followed without an end. */
const shown = (events: readonly Settled[]) =>
  events
    .map(({ told, end, superseded }) => {
      if (told.edge === 'ended') return `?-${told.at}`
      return `${told.at}-${told.ownEnd ?? end?.at ?? (superseded ? '~' : '')}`
    })
    .sort()

describe('what is told of a series of events', () => {
  test('is one event, though told by a report and then read', () => {
    const twice = [began(100), began(100, { source: 'pull', receivedAt: 2_000, sequence: 7 })]
    const [event, ...others] = settle(twice)
    expect(others).toEqual([])
    expect(event?.told).toMatchObject({ source: 'report', receivedAt: 1_000, sequence: 7 })
  })

  test('joins an end with the beginning before it, whichever came first', () => {
    expect(shown(settle([ended(150), began(100)]))).toEqual(['100-150'])
    expect(shown(settle([began(100), ended(150)]))).toEqual(['100-150'])
  })

  test('gives an end to the last beginning before it, and leaves the others', () => {
    expect(shown(settle([began(100), began(120), ended(150)]))).toEqual(['100-~', '120-150'])
    expect(shown(settle([ended(150), began(160)]))).toEqual(['160-', '?-150'])
  })

  test('takes an end that came with the beginning later', () => {
    expect(shown(settle([began(100), began(100, { ownEnd: 130 })]))).toEqual(['100-130'])
  })

  test('keeps two events of one minute apart that their numbers tell apart', () => {
    const two = [began(100, { serial: 4 }), began(100, { serial: 5 }), began(100, { serial: 4 })]
    expect(settle(two)).toHaveLength(2)
  })

  test('keeps what has no moment once for each record', () => {
    const none = { at: null, raw: 'BB' }
    expect(
      settle([began(0, none), began(0, none), began(0, { at: null, raw: 'CC' })]),
    ).toHaveLength(2)
  })

  const tellings = fc.array(
    fc
      .record({
        edge: fc.constantFrom('began', 'ended'),
        at: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 8 }) }, fc.constant(null)),
        ownEnd: fc.option(fc.integer({ min: 1, max: 9 })),
        sequence: fc.option(fc.integer({ min: 0, max: 3 })),
        serial: fc.option(fc.integer({ min: 0, max: 2 })),
        receivedAt: fc.integer({ min: 1, max: 5 }),
        source: fc.constantFrom('report', 'pull'),
        raw: fc.constantFrom('A', 'BB'),
      })
      .map((told): Told => {
        // No device tells an end with an end; numbers tell apart for a whole series or not at all.
        return {
          ...base,
          ...told,
          ownEnd: told.edge === 'ended' ? null : told.ownEnd,
          serial: null,
        }
      }),
    { maxLength: 12 },
  )

  test('never takes a beginning for an end, also where the device told no moment', () => {
    const told = [began(1), { ...began(1), at: null }, { ...ended(1), at: null }]
    for (const order of [told, told.toReversed()]) {
      expect(
        settle(order)
          .map((event) => `${event.told.edge} ${event.told.at}`)
          .sort(),
      ).toEqual(['began 1', 'began null', 'ended null'])
    }
  })

  test('gives the same events in any order, told any number of times, in any pieces', () => {
    fc.assert(
      fc.property(tellings, fc.infiniteStream(fc.nat()), (told, dice) => {
        const whole = settle(told)
        const many = [...told, ...told.filter(() => (dice.next().value ?? 0) % 2 === 0)]
        const shuffled = many
          .map((one) => ({ one, key: dice.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one)
        let known: readonly Settled[] = []
        while (shuffled.length > 0) {
          const piece = shuffled.splice(0, 1 + ((dice.next().value ?? 0) % 4))
          known = settle([...known.flatMap(tellingsOf), ...piece])
        }
        const sorted = (events: readonly Settled[]) =>
          events.map((event) => JSON.stringify(event)).sort()
        expect(sorted(known)).toEqual(sorted(whole))
      }),
    )
  })
})
