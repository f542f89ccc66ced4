import type { ItemCode, ProtocolName } from '#protocols/model'
import type { Element, RegisterRun, Snapshot } from './types.ts'

const phases = {
  voltage: ['32.7.0', '52.7.0', '72.7.0'],
  current: ['31.7.0', '51.7.0', '71.7.0'],
  active: ['36.7.0', '56.7.0', '76.7.0'],
  reactive: ['151.7.0', '171.7.0', '191.7.0'],
  powerFactor: ['33.7.0', '53.7.0', '73.7.0'],
  angle: ['81.7.40', '81.7.51', '81.7.62'],
} as const satisfies Readonly<Record<keyof Element, readonly ItemCode[]>>

const total = { active: '16.7.0', powerFactor: '13.7.0', neutral: '91.7.0' } as const
const STATUS_7 = '0.0.96.5.7'
const ENERGY = '1.8.0'
const VOLTAGE_REVERSED_BIT = 0
const CURRENT_REVERSED_BIT = 1

/** Protocols whose meters have run status words. */
const withStatus: readonly ProtocolName[] = ['dlt645-2007', 'dlt698', 'gdw376']

/** What a wiring check asks a meter for, the total energy first and last. */
export function wiringItems(protocol: ProtocolName): readonly ItemCode[] {
  const each = [
    ...phases.voltage,
    ...phases.current,
    ...phases.active,
    ...phases.reactive,
    ...phases.powerFactor,
    ...phases.angle,
  ]
  const status = withStatus.includes(protocol) ? ([STATUS_7] as const) : []
  return [ENERGY, ...each, total.active, total.powerFactor, total.neutral, ...status]
}

/** Values as meters wrote them, by register; what they did not say is null. */
export function snapshotOf(
  textOf: (register: ItemCode) => string | null,
  registers: RegisterRun | null,
): Snapshot {
  const number = (register: ItemCode): number | null => {
    const value = textOf(register)
    if (value === null || value.trim() === '') return null
    return Number.isFinite(Number(value)) ? Number(value) : null
  }
  const element = (index: 0 | 1 | 2): Element => ({
    voltage: number(phases.voltage[index]),
    current: absolute(number(phases.current[index])),
    active: number(phases.active[index]),
    reactive: number(phases.reactive[index]),
    powerFactor: number(phases.powerFactor[index]),
    angle: number(phases.angle[index]),
  })
  const status = statusWord(textOf(STATUS_7))
  const bit = (at: number) => (status === null ? null : ((status >> at) & 1) === 1)
  const elements: [Element, Element, Element] = [element(0), element(1), element(2)]
  return {
    elements: withTotals(elements, number),
    activeTotal: number(total.active),
    powerFactorTotal: number(total.powerFactor),
    neutralCurrent: absolute(number(total.neutral)),
    voltageReversed: bit(VOLTAGE_REVERSED_BIT),
    currentReversed: bit(CURRENT_REVERSED_BIT),
    registers,
  }
}

/** Meters of one phase often tell only totals. */
function withTotals(
  elements: [Element, Element, Element],
  number: (register: ItemCode) => number | null,
): [Element, Element, Element] {
  const [a, b, c] = elements
  if (b.voltage !== null || c.voltage !== null) return elements
  const active = a.active ?? number(total.active)
  const reactive = a.reactive ?? number('131.7.0')
  const powerFactor = a.powerFactor ?? number(total.powerFactor)
  return [{ ...a, active, reactive, powerFactor }, b, c]
}

/** Some meters sign their currents; which way it flows is said by the power. */
const absolute = (value: number | null) => (value === null ? null : Math.abs(value))

function statusWord(text: string | null): number | null {
  return text !== null && /^[\dA-Fa-f]{4}$/.test(text) ? Number.parseInt(text, 16) : null
}
