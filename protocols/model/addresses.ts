import type { ProtocolName } from './protocol.ts'

/** How one device of a protocol is named, in archives and by `--address`. */
export interface AddressForm {
  readonly pattern: RegExp
  /** What to write, for the sentence that refuses anything else. */
  readonly says: string
  /** Shorter addresses are filled with zeros in front up to this. */
  readonly width: number
}

const twelveDigits: AddressForm = { pattern: /^\d{1,12}$/, says: '12 digits', width: 12 }

export const addressForms: Readonly<Record<ProtocolName, AddressForm>> = {
  'dlt645-2007': twelveDigits,
  'dlt645-1997': twelveDigits,
  modbus: {
    pattern: /^(?:[1-9]|[1-9]\d|1\d\d|2[0-3]\d|24[0-7])$/,
    says: 'a unit number from 1 to 247',
    width: 0,
  },
  gdw376: {
    pattern: /^\d{4}-[\dA-F]{4}(?:\/[1-9]\d{0,3})?$/i,
    says: 'region and terminal, 2347-0001, and /N behind it for its metering point N',
    width: 0,
  },
  dlt698: {
    pattern: /^(?:[\dA-F]{2}){1,16}(?:\/x?\d{1,3})?$/i,
    says: 'an even number of digits, and /1 behind them for a logical address',
    width: 12,
  },
  dlms: {
    pattern: /^\d{1,5}(?:\/\d{1,5})?(?:\/4)?$/,
    says: 'the logical device, 1, or logical and physical, 1/17',
    width: 0,
  },
  mqtt: {
    pattern: /^[^\s+#]{1,128}$/,
    says: 'a device id without blanks, + or #',
    width: 0,
  },
}

/** An address as it is stored and compared: zeros in front, hex digits in capitals; null if wrong. */
export function writtenAddress(protocol: ProtocolName, text: string): string | null {
  const { pattern, width } = addressForms[protocol]
  if (!pattern.test(text)) return null
  const [device = '', ...within] = text.split('/')
  const isHex = protocol === 'gdw376' || protocol === 'dlt698'
  // Spreadsheets drop the zeros in front.
  const whole = width === 0 ? device : device.padStart(width, '0')
  return [isHex ? whole.toUpperCase() : whole, ...within].join('/')
}
