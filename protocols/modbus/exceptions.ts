import type { Refusal } from '#protocols/model'

/** MODBUS Application Protocol V1.1b3 §7. */
const rows = [
  [0x01, 'illegal-function', 'the device does not know this function'],
  [0x02, 'illegal-address', 'the device has no register at this address'],
  [0x03, 'illegal-value', 'the device does not accept the count or value'],
  [0x04, 'device-failure', 'the device failed while it did what was asked'],
  [0x05, 'acknowledge', 'the device has accepted and will take long'],
  [0x06, 'busy', 'the device is busy; ask again later'],
  [0x07, 'negative-acknowledge', 'the device cannot do what was asked'],
  [0x08, 'memory-parity', 'the device found its memory damaged'],
  [0x0a, 'gateway-path', 'the gateway has no path to the device'],
  [0x0b, 'gateway-target', 'the device behind the gateway did not answer'],
] as const

const refusals = new Map<number, Refusal>(
  rows.map(([number, name, message]) => [number, { code: `modbus.${name}`, message }]),
)

export function refusalOf(exception: number): Refusal {
  const message = `the device refused with exception ${exception}`
  return refusals.get(exception) ?? { code: 'modbus.exception', message }
}
