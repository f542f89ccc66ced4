import type { BookMemory } from './book.ts'
import type { CustomerClass } from './customer-classes.ts'
import type { ClockSetting, ClockSpec } from './meter-clock.ts'
import type { Relay } from './relay.ts'
import type { OpenPeriod } from './supply-switch.ts'
import type { MeterWiring } from './wiring.ts'

/** What a meter is: with its site, all that its registers depend on. */
export interface MeterSpec {
  /** DL/T 645 address, Modbus unit or device id, as its protocol writes it. */
  readonly address: string
  readonly seed: number
  readonly customerClass: CustomerClass
  readonly phases: 1 | 3
  readonly firstYear: number
  /** Null: drawn from the range of the customer's class. */
  readonly annualKwh: number | null
  /** 2200 for 220 V, 577 behind a voltage transformer of 100 V. */
  readonly nominalDeciV: number
  readonly clock: ClockSpec
  readonly rollsOverAtKwh?: number
  /** Of three phases; absent: everything where it belongs. */
  readonly wiring?: MeterWiring
}

/** What happened to a meter and cannot be computed again: to be kept over a restart. */
export interface MeterMemory {
  readonly clockSettings: readonly ClockSetting[]
  readonly openPeriods: readonly OpenPeriod[]
  readonly relay?: Relay
  readonly book?: BookMemory
}
