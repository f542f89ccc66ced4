import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dlt645Face } from '#simulators/faces'
import { type MeterWiring, SimulatedMeter, Site } from '#simulators/meter'
import { startHes } from './process.ts'
import { canMakeBus, type SerialBus, serialBus } from './serial-bus.ts'
import { ZONE } from './world.ts'

const SEED = 83
/** In Shanghai, when a factory works. */
const NOON_MS = Date.UTC(2026, 10, 18, 4)
const right: MeterWiring = {
  voltages: [0, 1, 2],
  currents: [0, 1, 2],
  reversed: [false, false, false],
}
/** On one bus, each connected in its own way. */
const meters = [
  { name: 'right', address: '330120008301', wiring: right },
  {
    name: 'with the current of B reversed',
    address: '330120008302',
    wiring: { ...right, reversed: [false, true, false] },
  },
  {
    name: 'with the currents of A and C swapped',
    address: '330120008303',
    wiring: { ...right, currents: [2, 1, 0] },
  },
  {
    name: 'with the voltages of A and B swapped',
    address: '330120008304',
    wiring: { ...right, voltages: [1, 0, 2] },
  },
] as const

interface CheckView {
  readonly verdict: string
  readonly findings: readonly { readonly code: string; readonly phases: readonly string[] }[]
  readonly connections: readonly string[]
}

describe.skipIf(!canMakeBus)(`hes check on a serial bus, seed ${SEED}`, () => {
  const checks = new Map<string, { readonly exit: number | null; readonly view: CheckView }>()
  let bus: SerialBus

  beforeAll(async () => {
    const face = dlt645Face(
      meters.map(({ address, wiring }) => {
        return new SimulatedMeter(new Site(ZONE, SEED), {
          ...{ address, wiring, seed: SEED, customerClass: 'factory', phases: 3 },
          ...{ firstYear: 2021, annualKwh: 400_000, nominalDeciV: 2_200 },
          clock: { offsetMs: 0, ppm: 0, anchorMs: 0 },
        })
      }),
    )
    bus = await serialBus(face, () => NOON_MS)
    for (const { name, address } of meters) {
      const serial = ['--serial', bus.path, '--baud', '9600']
      const argv = ['check', '--protocol', 'dlt645-2007', '--address', address, ...serial, '--json']
      const { exit, stdout, stderr } = await startHes(argv).ended
      expect(stdout, stderr).not.toBe('')
      checks.set(name, { exit, view: JSON.parse(stdout) })
    }
  })

  afterAll(() => bus?.stop())

  const of = (name: (typeof meters)[number]['name']) => checks.get(name)

  it('finds nothing wrong with a meter that is connected as it should be', () => {
    expect(of('right')).toMatchObject({
      exit: 0,
      view: { verdict: 'right', findings: [], connections: ['A+ B+ C+'] },
    })
  })

  it('names the phase whose current is reversed', () => {
    expect(of('with the current of B reversed')).toMatchObject({
      exit: 1,
      view: {
        verdict: 'wrong',
        findings: [{ code: 'current.reversed', phases: ['B'] }],
        connections: ['A+ B- C+'],
      },
    })
  })

  it('says whose currents hang on which element where two are swapped', () => {
    expect(of('with the currents of A and C swapped')).toMatchObject({
      exit: 1,
      view: {
        verdict: 'wrong',
        findings: [{ code: 'current.wrong-phase', phases: ['A', 'C'] }],
        connections: ['C+ B+ A+'],
      },
    })
  })

  it('tells swapped voltages by their sequence and by what hangs on them', () => {
    expect(of('with the voltages of A and B swapped')).toMatchObject({
      exit: 1,
      view: {
        verdict: 'wrong',
        findings: [
          { code: 'voltage.sequence', phases: ['A', 'B', 'C'] },
          { code: 'current.wrong-phase', phases: ['A', 'B'] },
        ],
        connections: ['B+ A+ C+'],
      },
    })
  })
})
