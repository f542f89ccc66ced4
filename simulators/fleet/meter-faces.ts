import {
  dlmsFace,
  dlt645Face,
  dlt645v1997Face,
  dlt698Face,
  type Face,
  foreignDlt645,
  standardDlms,
} from '#simulators/faces'
import type { Disguise } from '#simulators/line'
import type { SimulatedMeter } from '#simulators/meter'
import type { MeterProtocol } from './scenario.ts'

/** How the meters of one bus or serial server speak. */
export interface Speaker {
  readonly protocol: MeterProtocol
  readonly profile: string | null
  /** The address of the nth meter, from 0; null where any twelve digits will do. */
  readonly addressOf: ((nth: number) => string) | null
  faceOf(meters: readonly SimulatedMeter[]): Face
  readonly disguise: Disguise | null
}

const FIRST_PHYSICAL = 17

/** Meters here have no keys, so nobody ever asks them for a cipher. */
const noCipher = {
  seal: () => {
    throw new Error('invariant broken: a meter without keys enciphers nothing')
  },
  open: () => null,
}

export function speakerOf(protocol: MeterProtocol, profile: string | null): Speaker {
  const plain = { protocol, profile, addressOf: null, disguise: null }
  switch (protocol) {
    case 'dlt645-2007':
      return { ...plain, faceOf: (meters) => dlt645Face(meters), disguise: foreignDlt645 }
    case 'dlt645-1997':
      return { ...plain, faceOf: (meters) => dlt645v1997Face(meters), disguise: foreignDlt645 }
    case 'dlt698':
      return { ...plain, faceOf: (meters) => bus(meters.map((meter) => dlt698Face(meter))) }
    case 'dlms': {
      const framing = profile === 'wrapper' ? 'wrapper' : 'hdlc'
      return {
        ...plain,
        // Over the wrapper the logical device is the port; on a bus all are number one.
        addressOf: (nth) => (framing === 'wrapper' ? `${nth + 1}` : `1/${FIRST_PHYSICAL + nth}`),
        faceOf: (meters) => dlmsFace(meters, standardDlms(framing, noCipher)),
      }
    }
  }
}

/** Devices that hear the same line; who is not spoken to is silent. */
export function bus(devices: readonly Face[]): Face {
  return {
    receive: (chunk, nowMs) => devices.flatMap((device) => device.receive(chunk, nowMs)),
    reset: () => {
      for (const device of devices) device.reset()
    },
  }
}
