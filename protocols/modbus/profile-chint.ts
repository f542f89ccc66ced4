import type { ModbusProfile, PointRow } from './profile.ts'
import { f32 } from './shape.ts'

/** 0.1 W and 0.1 var become kW and kvar. */
const TENTHS_KILO = -4

const instants: readonly PointRow[] = [
  ['32.7.0', 0x2006, f32(0, -1)],
  ['52.7.0', 0x2008, f32(0, -1)],
  ['72.7.0', 0x200a, f32(0, -1)],
  ['31.7.0', 0x200c, f32(0, -3)],
  ['51.7.0', 0x200e, f32(0, -3)],
  ['71.7.0', 0x2010, f32(0, -3)],
  ['16.7.0', 0x2012, f32(0, TENTHS_KILO)],
  ['36.7.0', 0x2014, f32(0, TENTHS_KILO)],
  ['56.7.0', 0x2016, f32(0, TENTHS_KILO)],
  ['76.7.0', 0x2018, f32(0, TENTHS_KILO)],
  ['131.7.0', 0x201a, f32(0, TENTHS_KILO)],
  ['151.7.0', 0x201c, f32(0, TENTHS_KILO)],
  ['171.7.0', 0x201e, f32(0, TENTHS_KILO)],
  ['191.7.0', 0x2020, f32(0, TENTHS_KILO)],
  ['13.7.0', 0x202a, f32(0, -3)],
  ['33.7.0', 0x202c, f32(0, -3)],
  ['53.7.0', 0x202e, f32(0, -3)],
  ['73.7.0', 0x2030, f32(0, -3)],
  ['14.7.0', 0x2044, f32(0, -2)],
]

const common = {
  functionCode: 3,
  order: 'ABCD',
  blockMax: 70,
  gapMax: 20,
  forbidden: [],
  guards: [],
} as const

/** Chint DTSU666 with the energies at 101E: the older address set. */
export const dtsu666: ModbusProfile = {
  ...common,
  name: 'dtsu666',
  title: 'Chint DTSU666 (energies at 101E)',
  points: [
    ['1.8.0', 0x101e, f32(3)],
    ['21.8.0', 0x1020, f32(3)],
    ['41.8.0', 0x1022, f32(3)],
    ['61.8.0', 0x1024, f32(3)],
    ['2.8.0', 0x1028, f32(3)],
    ['22.8.0', 0x102a, f32(3)],
    ['42.8.0', 0x102c, f32(3)],
    ['62.8.0', 0x102e, f32(3)],
    ...instants,
  ],
}

/** Chint DTSU666 with the energies at 401E: the newer address set. */
export const dtsu666v4: ModbusProfile = {
  ...common,
  name: 'dtsu666-401e',
  title: 'Chint DTSU666 (energies at 401E)',
  points: [...instants, ['1.8.0', 0x401e, f32(3)], ['2.8.0', 0x4028, f32(3)]],
}
