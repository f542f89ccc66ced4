import type { ModbusProfile } from './profile.ts'
import { i16, i32, u16, u32 } from './shape.ts'

const W_TO_KW = -3

/** Acrel ADW300; the source counts addresses in decimal. */
export const adw300: ModbusProfile = {
  name: 'adw300',
  title: 'Acrel ADW300',
  functionCode: 3,
  order: 'ABCD',
  blockMax: 64,
  gapMax: 4,
  forbidden: [],
  guards: [],
  points: [
    ['32.7.0', 20, u16(-1)],
    ['52.7.0', 21, u16(-1)],
    ['72.7.0', 22, u16(-1)],
    ['31.7.0', 26, u16(-2)],
    ['51.7.0', 27, u16(-2)],
    ['71.7.0', 28, u16(-2)],
    ['36.7.0', 30, i32(W_TO_KW)],
    ['56.7.0', 32, i32(W_TO_KW)],
    ['76.7.0', 34, i32(W_TO_KW)],
    ['16.7.0', 36, i32(W_TO_KW)],
    ['1.8.0', 62, u32(-2)],
    ['2.8.0', 64, u32(-2)],
  ],
}

/**
 * Acrel DTSD1352. Registers hold secondary values: the ratios set in the meter (PT, CT) are not in
 * them. Readings are as read; the installation's ratios make them primary, once, in metering.
 */
export const dtsd1352: ModbusProfile = {
  name: 'dtsd1352',
  title: 'Acrel DTSD1352 (secondary values)',
  functionCode: 3,
  order: 'ABCD',
  // Longer reads are reported to fail on some of them.
  blockMax: 14,
  gapMax: 12,
  forbidden: [],
  guards: [],
  points: [
    ['15.8.0', 0x0000, u32(-2)],
    ['1.8.0', 0x000a, u32(-2)],
    ['2.8.0', 0x0014, u32(-2)],
    ['3.8.0', 0x0028, u32(-2)],
    ['4.8.0', 0x0032, u32(-2)],
    ['32.7.0', 0x0061, u16(-1)],
    ['52.7.0', 0x0062, u16(-1)],
    ['72.7.0', 0x0063, u16(-1)],
    ['31.7.0', 0x0064, u16(-2)],
    ['51.7.0', 0x0065, u16(-2)],
    ['71.7.0', 0x0066, u16(-2)],
    ['14.7.0', 0x0077, u16(-2)],
    ['36.7.0', 0x0164, i32(-3)],
    ['56.7.0', 0x0166, i32(-3)],
    ['76.7.0', 0x0168, i32(-3)],
    ['16.7.0', 0x016a, i32(-3)],
    ['151.7.0', 0x016c, i32(-3)],
    ['171.7.0', 0x016e, i32(-3)],
    ['191.7.0', 0x0170, i32(-3)],
    ['131.7.0', 0x0172, i32(-3)],
    ['29.7.0', 0x0174, i32(-3)],
    ['49.7.0', 0x0176, i32(-3)],
    ['69.7.0', 0x0178, i32(-3)],
    ['9.7.0', 0x017a, i32(-3)],
    ['33.7.0', 0x017c, i16(-3)],
    ['53.7.0', 0x017d, i16(-3)],
    ['73.7.0', 0x017e, i16(-3)],
    ['13.7.0', 0x017f, i16(-3)],
  ],
}
