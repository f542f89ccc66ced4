import type { ModbusProfile, PointRow } from './profile.ts'
import { f32 } from './shape.ts'

/** W, VA and var become kW, kVA and kvar. */
const KILO = -3

const sdm630Points: readonly PointRow[] = [
  ['32.7.0', 0x0000, f32(2)],
  ['52.7.0', 0x0002, f32(2)],
  ['72.7.0', 0x0004, f32(2)],
  ['31.7.0', 0x0006, f32(3)],
  ['51.7.0', 0x0008, f32(3)],
  ['71.7.0', 0x000a, f32(3)],
  ['36.7.0', 0x000c, f32(1, KILO)],
  ['56.7.0', 0x000e, f32(1, KILO)],
  ['76.7.0', 0x0010, f32(1, KILO)],
  ['29.7.0', 0x0012, f32(1, KILO)],
  ['49.7.0', 0x0014, f32(1, KILO)],
  ['69.7.0', 0x0016, f32(1, KILO)],
  ['151.7.0', 0x0018, f32(1, KILO)],
  ['171.7.0', 0x001a, f32(1, KILO)],
  ['191.7.0', 0x001c, f32(1, KILO)],
  ['33.7.0', 0x001e, f32(3)],
  ['53.7.0', 0x0020, f32(3)],
  ['73.7.0', 0x0022, f32(3)],
  ['16.7.0', 0x0034, f32(1, KILO)],
  ['9.7.0', 0x0038, f32(1, KILO)],
  ['131.7.0', 0x003c, f32(1, KILO)],
  ['13.7.0', 0x003e, f32(3)],
  ['14.7.0', 0x0046, f32(2)],
  ['1.8.0', 0x0048, f32(3)],
  ['2.8.0', 0x004a, f32(3)],
  ['3.8.0', 0x004c, f32(3)],
  ['4.8.0', 0x004e, f32(3)],
  ['91.7.0', 0x00e0, f32(3)],
  ['32.7.124', 0x00ea, f32(2)],
  ['52.7.124', 0x00ec, f32(2)],
  ['72.7.124', 0x00ee, f32(2)],
  ['31.7.124', 0x00f0, f32(2)],
  ['51.7.124', 0x00f2, f32(2)],
  ['71.7.124', 0x00f4, f32(2)],
  ['15.8.0', 0x0156, f32(3)],
  ['21.8.0', 0x015a, f32(3)],
  ['41.8.0', 0x015c, f32(3)],
  ['61.8.0', 0x015e, f32(3)],
  ['22.8.0', 0x0160, f32(3)],
  ['42.8.0', 0x0162, f32(3)],
  ['62.8.0', 0x0164, f32(3)],
]

const common = {
  functionCode: 4,
  order: 'ABCD',
  // The maker allows 40 parameters of two registers in one request.
  blockMax: 80,
  gapMax: 24,
  forbidden: [],
  guards: [],
} as const

/** Eastron SDM630-Modbus; 0156 counts import plus export, so it is the combined energy. */
export const sdm630: ModbusProfile = {
  ...common,
  name: 'sdm630',
  title: 'Eastron SDM630-Modbus',
  points: sdm630Points,
}

/** Eastron SDM72D-M: totals only. */
export const sdm72: ModbusProfile = {
  ...common,
  name: 'sdm72',
  title: 'Eastron SDM72D-M',
  points: [
    ['16.7.0', 0x0034, f32(1, KILO)],
    ['1.8.0', 0x0048, f32(3)],
    ['2.8.0', 0x004a, f32(3)],
    ['15.8.0', 0x0156, f32(3)],
  ],
}

/** Eastron SDM120-Modbus, single phase. */
export const sdm120: ModbusProfile = {
  ...common,
  name: 'sdm120',
  title: 'Eastron SDM120-Modbus',
  points: [
    ['32.7.0', 0x0000, f32(2)],
    ['31.7.0', 0x0006, f32(3)],
    ['16.7.0', 0x000c, f32(1, KILO)],
    ['9.7.0', 0x0012, f32(1, KILO)],
    ['131.7.0', 0x0018, f32(1, KILO)],
    ['13.7.0', 0x001e, f32(3)],
    ['14.7.0', 0x0046, f32(2)],
    ['1.8.0', 0x0048, f32(3)],
    ['2.8.0', 0x004a, f32(3)],
    ['3.8.0', 0x004c, f32(3)],
    ['4.8.0', 0x004e, f32(3)],
    ['15.8.0', 0x0156, f32(3)],
  ],
}
