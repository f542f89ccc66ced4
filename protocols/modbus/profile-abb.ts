import type { ModbusProfile, PointRow } from './profile.ts'
import { orAbsent } from './shape.ts'

/** 0.01 W, var and VA become kW, kvar and kVA. */
const CENTI_KILO = -5

const energy = orAbsent('u64', -2)
const volts = orAbsent('u32', -1)
const amperes = orAbsent('u32', -2)
const power = orAbsent('i32', CENTI_KILO)
const factor = orAbsent('i16', -3)

const totals: readonly PointRow[] = [
  ['1.8.0', 0x5000, energy],
  ['2.8.0', 0x5004, energy],
  ['3.8.0', 0x500c, energy],
  ['4.8.0', 0x5010, energy],
  ['9.8.0', 0x5018, energy],
  ['10.8.0', 0x501c, energy],
]

const tariffs: readonly PointRow[] = [
  ['1.8.1', 0x5170, energy],
  ['1.8.2', 0x5174, energy],
  ['1.8.3', 0x5178, energy],
  ['1.8.4', 0x517c, energy],
  ['2.8.1', 0x5190, energy],
  ['2.8.2', 0x5194, energy],
  ['2.8.3', 0x5198, energy],
  ['2.8.4', 0x519c, energy],
  ['3.8.1', 0x51b0, energy],
  ['3.8.2', 0x51b4, energy],
  ['3.8.3', 0x51b8, energy],
  ['3.8.4', 0x51bc, energy],
]

const phases: readonly PointRow[] = [
  ['21.8.0', 0x5460, energy],
  ['41.8.0', 0x5464, energy],
  ['61.8.0', 0x5468, energy],
  ['22.8.0', 0x546c, energy],
  ['42.8.0', 0x5470, energy],
  ['62.8.0', 0x5474, energy],
]

const instants: readonly PointRow[] = [
  ['32.7.0', 0x5b00, volts],
  ['52.7.0', 0x5b02, volts],
  ['72.7.0', 0x5b04, volts],
  ['31.7.0', 0x5b0c, amperes],
  ['51.7.0', 0x5b0e, amperes],
  ['71.7.0', 0x5b10, amperes],
  ['91.7.0', 0x5b12, amperes],
  ['16.7.0', 0x5b14, power],
  ['36.7.0', 0x5b16, power],
  ['56.7.0', 0x5b18, power],
  ['76.7.0', 0x5b1a, power],
  ['131.7.0', 0x5b1c, power],
  ['151.7.0', 0x5b1e, power],
  ['171.7.0', 0x5b20, power],
  ['191.7.0', 0x5b22, power],
  ['9.7.0', 0x5b24, power],
  ['29.7.0', 0x5b26, power],
  ['49.7.0', 0x5b28, power],
  ['69.7.0', 0x5b2a, power],
  ['14.7.0', 0x5b2c, orAbsent('u16', -2)],
  ['13.7.0', 0x5b3a, factor],
  ['33.7.0', 0x5b3b, factor],
  ['53.7.0', 0x5b3c, factor],
  ['73.7.0', 0x5b3d, factor],
]

/** ABB A43, A44, B23 and B24: one map; what a type does not measure reads as absent. */
export const abbB23: ModbusProfile = {
  name: 'abb-b23',
  title: 'ABB A43, A44, B23, B24',
  functionCode: 3,
  order: 'ABCD',
  blockMax: 125,
  // Inside an area the maker's own examples read over registers that hold nothing.
  gapMax: 16,
  forbidden: [],
  guards: [],
  points: [...totals, ...tariffs, ...phases, ...instants],
}
