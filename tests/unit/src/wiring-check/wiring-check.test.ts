import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkWiring,
  type Snapshot,
  snapshotOf,
  type WiringReport,
  wiringItems,
  wordsOf,
} from '#src/wiring-check'
import { type Wiring, wired } from './wired.ts'

const orders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [2, 1, 0],
  [1, 2, 0],
  [2, 0, 1],
] as const

const loads = fc.tuple(
  ...([0, 1, 2] as const).map(() =>
    fc.record({
      volts: fc.double({ min: 205, max: 230, noNaN: true }),
      amps: fc.double({ min: 0.5, max: 40, noNaN: true }),
      degrees: fc.double({ min: -28, max: 58, noNaN: true }),
    }),
  ),
)
const wirings: fc.Arbitrary<Wiring> = fc.record({
  order: fc.constantFrom(...orders),
  reversed: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
  sequence: fc.constantFrom('abc', 'acb'),
})
const right: Wiring = { order: [0, 1, 2], reversed: [false, false, false], sequence: 'abc' }
const usual = [1, 2, 3].map((amps) => ({ volts: 221, amps, degrees: 20 })) as [Load, Load, Load]
interface Load {
  readonly volts: number
  readonly amps: number
  readonly degrees: number
}

const codes = (report: WiringReport) => report.findings.map(({ code }) => code)
const truthOf = ({ order, reversed }: Wiring) =>
  order.map((phase, at) => `${'ABC'[phase]}${reversed[at] ? '-' : '+'}`).join(' ')
const textOf = (connection: WiringReport['connections'][number]) =>
  connection.elements.map(({ current, reversed }) => `${current}${reversed ? '-' : '+'}`).join(' ')

describe('checkWiring', () => {
  it('finds nothing wrong with a meter that is connected as it should be', () => {
    const report = checkWiring(wired(usual, right))
    expect(report).toMatchObject({
      system: 'three-phase-four-wire',
      verdict: 'right',
      findings: [],
    })
    expect(report.connections).toHaveLength(1)
  })

  it('is right about every wiring of the currents, or says that it is ambiguous', () => {
    fc.assert(
      fc.property(loads, wirings, fc.boolean(), (load, wiring, tells) => {
        const snapshot = wired(load as [Load, Load, Load], wiring)
        const { verdict, connections } = checkWiring(
          tells ? snapshot : { ...snapshot, voltageReversed: null, currentReversed: null },
        )
        const told = connections.map(textOf)
        expect(told).toContain(truthOf(wiring))
        if (told.length > 1) expect(['ambiguous', 'wrong']).toContain(verdict)
        else expect(told).toEqual([truthOf(wiring)])
        const isRight = truthOf(wiring) === 'A+ B+ C+' && wiring.sequence === 'abc'
        if (verdict === 'right') expect(isRight || !tells).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  it('is certain where the load is an ordinary one', () => {
    const ordinary = loads.map((three) => three.map((one, at) => ({ ...one, degrees: 5 + at * 8 })))
    fc.assert(
      fc.property(ordinary, wirings, (load, wiring) => {
        // Of 225 V nobody knows whether it is much of 220 V or little of 230 V.
        const report = checkWiring(wired(load as [Load, Load, Load], wiring), {
          nominalVoltage: 220,
        })
        expect(report.connections.map(textOf)).toEqual([truthOf(wiring)])
        const faulty = truthOf(wiring) !== 'A+ B+ C+' || wiring.sequence === 'acb'
        expect(report.verdict).toBe(faulty ? 'wrong' : 'right')
      }),
    )
  })

  it('names the phase whose transformer is the wrong way round', () => {
    const report = checkWiring(wired(usual, { ...right, reversed: [false, true, false] }))
    expect(report.verdict).toBe('wrong')
    expect(report.findings).toEqual([
      expect.objectContaining({ code: 'current.reversed', phases: ['B'] }),
    ])
    expect(report.findings[0]?.evidence).toContain('A+ B- C+')
  })

  it('names the elements whose currents were exchanged', () => {
    const report = checkWiring(wired(usual, { ...right, order: [0, 2, 1] }))
    expect(report.findings).toEqual([
      expect.objectContaining({ code: 'current.wrong-phase', phases: ['B', 'C'] }),
    ])
  })

  it('says which order the phases have', () => {
    expect(codes(checkWiring(wired(usual, { ...right, sequence: 'acb' })))).toEqual([
      'voltage.sequence',
    ])
  })

  it('tells a load that feeds in from a reversed transformer where that is known', () => {
    const back = wired(usual, { ...right, reversed: [true, true, true] })
    expect(codes(checkWiring(back))).toContain('current.reversed')
    const report = checkWiring(back, { feedsIn: true })
    expect(report).toMatchObject({ verdict: 'right' })
    expect(codes(report)).toEqual(['power.feeds-in'])
  })

  it('claims nothing of a phase on which nothing flows', () => {
    const [a, b, c] = usual
    const report = checkWiring(wired([a, { ...b, amps: 0.01 }, c], right))
    expect(codes(report)).toContain('current.too-small')
    expect(report.verdict).not.toBe('right')
  })

  it('knows a phase without voltage, with and without current', () => {
    const [a, b, c] = usual
    expect(codes(checkWiring(wired([a, { ...b, volts: 0, amps: 0 }, c], right)))).toContain(
      'voltage.phase-missing',
    )
    expect(codes(checkWiring(wired([a, { ...b, volts: 40 }, c], right)))).toContain('voltage.lost')
  })

  it('knows a neutral on the terminal of a phase, and one that is open', () => {
    const [a, b, c] = usual
    const swapped = wired(
      [
        { ...a, volts: 221 },
        { ...b, volts: 382 },
        { ...c, volts: 381 },
      ],
      right,
    )
    expect(checkWiring(swapped).findings[0]).toMatchObject({
      code: 'voltage.neutral-on-phase',
      phases: ['A'],
    })
    const open = wired(
      [
        { ...a, volts: 150 },
        { ...b, volts: 290 },
        { ...c, volts: 210 },
      ],
      right,
    )
    expect(codes(checkWiring(open))).toContain('voltage.neutral-open')
  })

  it('knows voltages out of their band', () => {
    const [a, b, c] = usual
    const report = checkWiring(wired([{ ...a, volts: 190 }, b, { ...c, volts: 240 }], right))
    expect(codes(report)).toEqual(['voltage.low', 'voltage.high'])
    expect(report.verdict).toBe('remarks')
  })

  it('knows power that is none of its voltage, current and power factor', () => {
    const snapshot = wired(usual, right)
    const [a, b, c] = snapshot.elements
    const off = { ...b, active: (b.active ?? 0) * 0.9 }
    expect(codes(checkWiring({ ...snapshot, elements: [a, off, c] }))).toContain(
      'power.inconsistent',
    )
    expect(codes(checkWiring({ ...snapshot, activeTotal: 9 }))).toContain('power.sum')
  })

  it('knows what a neutral tells of a meter of one phase', () => {
    const one = { ...single(2, 30), neutralCurrent: 2.01 }
    expect(checkWiring(one)).toMatchObject({ system: 'single-phase', verdict: 'right' })
    expect(codes(checkWiring({ ...one, neutralCurrent: 5 }))).toEqual(['current.neutral'])
    expect(codes(checkWiring(single(2, 210)))).toEqual(['current.reversed'])
  })

  it('knows a three-wire connection, and a current of it that is the wrong way round', () => {
    const three = (degrees: number) => threeWire(degrees)
    expect(checkWiring(three(0))).toMatchObject({
      system: 'three-phase-three-wire',
      verdict: 'right',
    })
    expect(codes(checkWiring(three(180)))).toContain('current.reversed')
  })

  it.each([
    ['100.00', '100.00', 60, 'register.stuck'],
    ['100.00', '99.00', 60, 'register.fell'],
    ['100.00', '900.00', 60, 'register.running-away'],
    ['100.00', '101.20', 60, null],
    ['100.00', '100.00', 0.1, null],
  ])('a register from %s to %s in %d minutes is %s', (from, to, minutes, code) => {
    const registers = { from: { at: 0, value: from }, to: { at: minutes * 60_000, value: to } }
    const found = codes(checkWiring({ ...wired(usual, right), registers }))
    expect(found).toEqual(code === null ? [] : [code])
  })

  it('has nothing to say of a meter that said nothing', () => {
    const report = checkWiring(snapshotOf(() => null, null))
    expect(report).toMatchObject({ system: null, verdict: 'unknown' })
  })

  it('has words in both languages for every finding', () => {
    expect(wordsOf('current.reversed')?.zh).toContain('极性')
    expect(wordsOf('nothing-measured')?.doEn).toContain('answers')
  })
})

describe('snapshotOf', () => {
  it('reads values as meters write them, and totals for a meter of one phase', () => {
    const values = new Map([
      ['32.7.0', '220.1'],
      ['31.7.0', '-1.500'],
      ['16.7.0', '0.3200'],
      ['0.0.96.5.7', '0001'],
    ])
    const snapshot = snapshotOf((register) => values.get(register) ?? null, null)
    expect(snapshot.elements[0]).toMatchObject({ voltage: 220.1, current: 1.5, active: 0.32 })
    expect(snapshot).toMatchObject({ voltageReversed: true, currentReversed: false })
  })

  it('asks for status words only where there are some', () => {
    expect(wiringItems('dlt645-2007')).toContain('0.0.96.5.7')
    expect(wiringItems('modbus')).not.toContain('0.0.96.5.7')
  })
})

function single(amps: number, degrees: number): Snapshot {
  const none = { voltage: null, current: null, active: null, reactive: null }
  const nobody = { ...none, powerFactor: null, angle: null }
  const { elements, ...rest } = wired(
    [{ volts: 220, amps, degrees }, ...usual.slice(1)] as [Load, Load, Load],
    right,
  )
  const [a] = elements
  return { ...rest, elements: [a, nobody, nobody], activeTotal: a.active, voltageReversed: null }
}

/** The elements of a balanced load at 20°: 30° more and 30° less than that. */
function threeWire(turned: number): Snapshot {
  const element = (degrees: number) => {
    const radians = (degrees * Math.PI) / 180
    const [active, reactive] = [Math.cos(radians), Math.sin(radians)].map((x) => 0.3 * x)
    return { voltage: 100, current: 3, active: active ?? 0, reactive: reactive ?? 0 }
  }
  const rest = { powerFactor: null, angle: null }
  const none = { voltage: 0, current: 0, active: null, reactive: null, ...rest }
  return {
    ...wired(usual, right),
    activeTotal: null,
    elements: [{ ...element(50 + turned), ...rest }, none, { ...element(-10), ...rest }],
  }
}
