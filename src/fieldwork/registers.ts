import { type ItemCode, itemOf } from '#protocols/model'
import type { Instant, MeterId } from '#src/core'
import type { StoredReading } from '#src/readings'
import type { RegisterValue } from './types.ts'

/** What is read of a meter that goes or comes: energy, total and by rate, both ways. */
export const closingRegisters = ['1.8.0', '1.8.1', '1.8.2', '1.8.3', '1.8.4', '2.8.0'] as const
export const totalRegister = '1.8.0'

/** Below zero where the first is less; exact. */
export function compared(left: string, right: string): number {
  const [a, b] = [parts(left), parts(right)]
  const scale = Math.max(a.scale, b.scale)
  const difference = raised(a, scale) - raised(b, scale)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** Registers of the second list that are less than in the first: a register never falls. */
export function fallen(
  before: readonly RegisterValue[],
  after: readonly RegisterValue[],
): readonly string[] {
  const known = new Map(before.map(({ register, value }) => [register, value]))
  return after
    .filter(({ register, value }) => {
      const was = known.get(register)
      return was !== undefined && compared(value, was) < 0
    })
    .map(({ register }) => register)
}

/** Registers that the catalogue does not have. */
export function unknownRegisters(values: readonly RegisterValue[]): readonly string[] {
  return values.map(({ register }) => register).filter((code) => itemOf(code) === undefined)
}

/** As readings of a meter at one moment, by whoever stood before it. */
export function asReadings(
  meterId: MeterId,
  values: readonly RegisterValue[],
  at: Instant,
  receivedAt: Instant,
  quality: StoredReading['quality'],
): readonly StoredReading[] {
  return values.flatMap(({ register, value }) => {
    const item = itemOf(register)
    if (item === undefined) return []
    const { digits, scale } = parts(value)
    const code: ItemCode = item.code
    return [
      {
        meterId,
        item: code,
        value: { kind: 'number', digits: Number(digits), scale },
        dataClass: 'current',
        measuredAt: at,
        timeSource: 'head-end',
        receivedAt,
        source: 'import',
        quality,
      },
    ]
  })
}

interface Decimal {
  readonly digits: bigint
  readonly scale: number
}

function parts(text: string): Decimal {
  const [whole = '0', fraction = ''] = text.split('.')
  return { digits: BigInt(whole + fraction), scale: fraction.length }
}

const raised = ({ digits, scale }: Decimal, to: number): bigint =>
  digits * 10n ** BigInt(to - scale)
