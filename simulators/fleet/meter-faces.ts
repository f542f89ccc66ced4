import { fromHex } from '#protocols/bytes'
import type { Gcm } from '#protocols/dlms'
import {
  dlmsFace,
  dlt645Face,
  dlt645v1997Face,
  dlt698Face,
  type Face,
  foreignDlt645,
  standardDlms,
  standardDlt645,
} from '#simulators/faces'
import type { Disguise } from '#simulators/line'
import type { SimulatedMeter } from '#simulators/meter'
import type { MeterProtocol, ScenarioGroup } from './scenario.ts'

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

/** For meters without keys, which nobody ever asks for a cipher. */
const noCipher: Gcm = {
  seal: () => {
    throw new Error('invariant broken: a meter with keys needs the port `gcm`')
  },
  open: () => null,
}

/** How meters of a group speak, and what they ask for before they answer. */
type Speech = Pick<
  Extract<ScenarioGroup, { kind: 'tcp' }>,
  'protocol' | 'framing' | 'access' | 'controlAnswers'
>

export function speakerOf(speech: Speech, gcm: Gcm = noCipher): Speaker {
  const { protocol = 'dlt645-2007', framing: profile = null, controlAnswers = 'standard' } = speech
  const manners = { ...standardDlt645, controlAnswers }
  const plain = { protocol, profile, addressOf: null, disguise: null }
  switch (protocol) {
    case 'dlt645-2007':
      return { ...plain, faceOf: (meters) => dlt645Face(meters, manners), disguise: foreignDlt645 }
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
        faceOf: (meters) =>
          dlmsFace(meters, { ...standardDlms(framing, gcm), ...guardOf(speech.access) }),
      }
    }
  }
}

function guardOf({
  password,
  encryptionKey,
  authenticationKey,
}: NonNullable<Speech['access']> = {}) {
  const encryption = fromHex(encryptionKey ?? '')
  const authentication = fromHex(authenticationKey ?? '')
  const hasKeys = encryption && authentication && encryption.length > 0
  return {
    password: password ?? null,
    keys: hasKeys ? { encryption, authentication } : null,
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
