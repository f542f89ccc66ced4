import type { ModbusProfile } from './profile.ts'
import { f32, i64 } from './shape.ts'

/** Wh and varh become kWh and kvarh. */
const KILO = -3

/**
 * Schneider Electric iEM3155, iEM3255 and iEM3355: power is in kW already. The iEM3x50 keep their
 * energies elsewhere (45099).
 */
export const iem3155: ModbusProfile = {
  name: 'iem3155',
  title: 'Schneider Electric iEM3155, iEM3255, iEM3355',
  functionCode: 3,
  order: 'ABCD',
  blockMax: 125,
  // What the meter answers for registers between the documented ones is not known.
  gapMax: 0,
  forbidden: [],
  guards: [],
  points: [
    ['31.7.0', 0x0bb7, f32(3)],
    ['51.7.0', 0x0bb9, f32(3)],
    ['71.7.0', 0x0bbb, f32(3)],
    ['32.7.0', 0x0bd3, f32(2)],
    ['52.7.0', 0x0bd5, f32(2)],
    ['72.7.0', 0x0bd7, f32(2)],
    ['36.7.0', 0x0bed, f32(4)],
    ['56.7.0', 0x0bef, f32(4)],
    ['76.7.0', 0x0bf1, f32(4)],
    ['16.7.0', 0x0bf3, f32(4)],
    ['131.7.0', 0x0bfb, f32(4)],
    ['9.7.0', 0x0c03, f32(4)],
    ['14.7.0', 0x0c25, f32(2)],
    ['1.8.0', 0x0c83, i64(KILO)],
    ['2.8.0', 0x0c87, i64(KILO)],
    ['3.8.0', 0x0c93, i64(KILO)],
    ['4.8.0', 0x0c97, i64(KILO)],
    ['21.8.0', 0x0dbd, i64(KILO)],
    ['41.8.0', 0x0dc1, i64(KILO)],
    ['61.8.0', 0x0dc5, i64(KILO)],
  ],
}
