import { type Item, itemOf } from '#protocols/model'
import type { Target } from './services.ts'

/**
 * Which object of which class holds a code of the register model. `n` stands for any number. The
 * classes are those that the Blue Book and the companion profiles give these names; a meter that
 * puts one elsewhere is asked by its own id (`3:1.0.1.8.0.255:2`).
 */
export const itemRows = [
  // code         class  value  scaler, unit  time   what
  ['0.4.n', 1, 2, null, null, 'transformer ratios'],
  ['0.9.n', 1, 2, null, null, 'local time and date'],
  ['n.8.n', 3, 2, 3, null, 'time integral: energies and their rates'],
  ['n.6.n', 4, 2, 3, 5, 'maximum demand with its time'],
  ['n.7.n', 3, 2, 3, null, 'momentary values'],
  ['n.24.n', 3, 2, 3, null, 'average of a short interval'],
  ['n.4.n', 5, 2, 4, null, 'demand register: the present average'],
  ['0.0.1.0.0', 8, 2, null, null, 'clock'],
  ['0.0.96.1.n', 1, 2, null, null, 'identifiers'],
  ['0.0.96.3.10', 70, 2, null, null, 'disconnect control'],
  ['0.0.96.5.n', 1, 2, null, null, 'status words'],
  ['0.0.96.6.n', 3, 2, 3, null, 'battery'],
  ['0.0.96.9.0', 3, 2, 3, null, 'temperature'],
] as const satisfies readonly (readonly [
  string,
  number,
  number,
  number | null,
  number | null,
  string,
])[]

export const profileClass = 7
export const clockTarget: Target = { classId: 8, obis: '0.0.1.0.0.255', id: 2, access: null }
export const disconnectObis = '0.0.96.3.10.255'
export const disconnectClass = 70

/** An object to read: the attribute with the value, and those that explain it. */
export interface ObjectRead {
  readonly classId: number
  readonly obis: string
  readonly value: number
  readonly scaler: number | null
  readonly time: number | null
}

/** Where the scaler and unit and the capture time of a class stand beside its value. */
export function besides(classId: number): { scaler: number | null; time: number | null } {
  switch (classId) {
    case 3:
      return { scaler: 3, time: null }
    case 4:
      return { scaler: 3, time: 5 }
    case 5:
      return { scaler: 4, time: null }
    default:
      return { scaler: null, time: null }
  }
}

/** Codes that the Blue Book has no object for: what only State Grid meters hold. */
const foreign = /^0\.0\.128\.|^15\.8\.\d$/

/** The object that holds a code of the register model; null where DLMS has none. */
export function objectOf(code: string): ObjectRead | null {
  if (!itemOf(code) || foreign.test(code)) return null
  const row = itemRows.find(([pattern]) => matches(pattern, code))
  if (!row) return null
  const [, classId, value, scaler, time] = row
  return { classId, obis: obisOfCode(code), value, scaler, time }
}

/** `1.0.1.8.0.255` of `1.8.0`; codes of A = 0 are written whole. */
export function obisOfCode(code: string): string {
  return `${code.startsWith('0.0.') ? code : `1.0.${code}`}.255`
}

function matches(pattern: string, code: string): boolean {
  const wanted = pattern.split('.')
  const found = code.split('.')
  if (wanted.length !== found.length) return false
  return wanted.every((part, index) => part === 'n' || part === found[index])
}

/**
 * The item of the register model that an object measures: channel 0 or the first (B is 0 or 1 with
 * meters that count channels), present values (F = 255). Null where the model has none.
 */
export function itemOfObis(obis: string): Item | null {
  const [a, b, c, d, e, f] = obis.split('.')
  if (f !== '255') return null
  if (a === '1' && (b === '0' || b === '1')) return itemOf(`${c}.${d}.${e}`) ?? null
  return a === '0' && (b === '0' || b === '1') ? (itemOf(`0.0.${c}.${d}.${e}`) ?? null) : null
}

const quantities: Readonly<Record<string, string>> = {
  1: 'Active import',
  2: 'Active export',
  3: 'Reactive import',
  4: 'Reactive export',
  21: 'Active import, phase A',
  22: 'Active export, phase A',
  23: 'Reactive import, phase A',
  24: 'Reactive export, phase A',
  41: 'Active import, phase B',
  42: 'Active export, phase B',
  43: 'Reactive import, phase B',
  44: 'Reactive export, phase B',
  61: 'Active import, phase C',
  62: 'Active export, phase C',
  63: 'Reactive import, phase C',
  64: 'Reactive export, phase C',
}

const namedObjects: Readonly<Record<string, string>> = {
  '0.0.42.0.0.255': 'Logical device name',
  '1.0.0.0.0.255': 'Meter number 1',
  '1.0.0.0.5.255': 'Meter number',
  '1.1.0.0.5.255': 'Meter number',
  '1.0.0.2.129.255': 'Push list version',
  '1.1.0.2.129.255': 'Push list version',
  '0.0.96.1.3.255': 'Device id 4',
  '0.0.96.1.7.255': 'Meter model',
  '0.0.96.14.0.255': 'Current tariff',
  '0.0.96.10.1.255': 'Profile status',
  '0.0.96.11.0.255': 'Event code',
  '0.0.97.97.0.255': 'Error register',
  '0.0.25.9.0.255': 'Push setup',
  '0.8.25.9.0.255': 'Push setup',
  '0.0.96.13.0.255': 'Consumer message text',
  '1.0.0.3.0.255': 'Pulse constant, active',
}

/** An English name of an object, also of those outside the register model. */
export function objectName(obis: string): string {
  const item = itemOfObis(obis)
  if (item) return item.en
  const named = namedObjects[obis]
  if (named) return named
  const [, , c = '', d] = obis.split('.')
  const quantity = quantities[c]
  if (quantity && d === '7') return `${quantity} power`
  if (quantity && d === '8') return `${quantity} energy`
  return `Object ${obis}`
}
