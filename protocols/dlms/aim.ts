import { placesOf } from '#protocols/bytes'
import type { FrameAim, RelayAction } from '#protocols/model'
import { parseApdu } from './apdu.ts'
import type { Data } from './data.ts'
import { flag, type HdlcAddress } from './frame.ts'
import { disconnectClass } from './items-table.ts'
import { addressText } from './route.ts'
import type { Ciphered, Deciphered } from './security.ts'
import type { Service } from './services.ts'
import { disconnectMethods, type Task } from './task.ts'
import { type Carried, llcOf, parseFrame, withoutLlc } from './transport.ts'
import { wrapperBytes } from './wrapper.ts'

/** What a session knows of its own frames. */
export interface Own {
  /** What the frame was built for. */
  readonly task: Task | null
  reveal(ciphered: Ciphered): Deciphered
}

/** All stations of an address field of 7 and of 14 bits, and of the wrapper; 0 is nobody. */
const forAll: ReadonlySet<number> = new Set([0x7f, 0x3fff])
const nobody = 0
const checkBytes = 2
const closingFlag = 1

/**
 * Whom a client's frame is for; null for what is not one whole APDU, for lists of several objects
 * and for what is enciphered, unless the session that enciphered it opens it. DLMS has no field for
 * the end of an order.
 */
export function aimOfFrame(bytes: Uint8Array, own: Own | null): FrameAim | null {
  const parsed = parseFrame(bytes)
  if (!parsed.ok || parsed.carried.segmented) return null
  const { carried } = parsed
  const isHdlc = bytes[0] === flag
  if (isHdlc && llcOf(carried.info) !== 'request') return null
  const apdu = withoutLlc(carried)
  const read = readApdu(apdu, own)
  if (!read) return null
  return {
    address: addressText(carried.destination),
    isGroup: isForMany(carried),
    action: read.service ? actionOf(read.service, own?.task ?? null) : null,
    expiresAt: null,
    secrets: placed(read.secrets, apdu, {
      from: isHdlc ? bytes.length - closingFlag - checkBytes - apdu.length : wrapperBytes,
      checked: isHdlc ? checkBytes : 0,
    }),
  }
}

interface Read {
  readonly service: Service | null
  readonly secrets: readonly Uint8Array[]
}

function readApdu(bytes: Uint8Array, own: Own | null): Read | null {
  const parsed = parseApdu(bytes)
  if (!parsed.ok) return null
  switch (parsed.apdu.kind) {
    case 'service': {
      const { service } = parsed.apdu
      return isSingle(service) ? { service, secrets: keysIn(service) } : null
    }
    case 'acse': {
      const { kind, authentication } = parsed.apdu.acse
      return kind === 'aarq'
        ? { service: null, secrets: authentication ? [authentication] : [] }
        : null
    }
    case 'ciphered': {
      const plain = own?.reveal(parsed.apdu.ciphered)
      return plain?.ok ? readApdu(plain.plain, null) : null
    }
    case 'initiate':
    case 'transfer':
      return null
  }
}

/** True for a request about exactly one object, whole in this APDU. */
function isSingle(service: Service): boolean {
  switch (service.kind) {
    case 'get-request':
      return true
    case 'set-request':
    case 'action-request':
      return service.targets.length === 1 && service.block === null
    default:
      return false
  }
}

/**
 * What the disconnect control is told. Its mode decides whether reconnecting closes at once or
 * allows the button; the session has read the mode and says which was meant, elsewhere it counts as
 * the more that it can be.
 */
function actionOf(service: Service, task: Task | null): RelayAction | null {
  if (service.kind !== 'action-request') return null
  const [target] = service.targets
  if (target?.classId !== disconnectClass) return null
  if (target.id === disconnectMethods.disconnect) return 'trip'
  if (target.id !== disconnectMethods.reconnect) return null
  return task?.kind === 'relay' && task.action === 'allow-close' ? 'allow-close' : 'close'
}

function isForMany({ framing, destination }: Carried): boolean {
  const { upper, lower }: HdlcAddress = destination
  if (framing === 'wrapper') return upper === nobody || upper === 0x7f
  const isWide = (part: number) => part === nobody || forAll.has(part)
  return isWide(upper) || (lower !== null && forAll.has(lower))
}

/** Whatever is given to an object that keeps keys or passwords. */
function keysIn(service: Service): readonly Uint8Array[] {
  if (service.kind !== 'set-request' && service.kind !== 'action-request') return []
  return isAboutKeys(service)
    ? service.values.flatMap((value) => (value ? bytesIn(value) : []))
    : []
}

const keyClasses: ReadonlySet<number> = new Set([12, 15, 64])

function isAboutKeys({ targets }: Extract<Service, { kind: 'set-request' | 'action-request' }>) {
  return targets.some(({ classId }) => keyClasses.has(classId))
}

function bytesIn(data: Data): readonly Uint8Array[] {
  switch (data.kind) {
    case 'octets':
    case 'bits':
      return [data.bytes]
    case 'text':
      return [Uint8Array.from(data.text, (letter) => letter.charCodeAt(0))]
    case 'list':
    case 'compact':
      return data.items.flatMap(bytesIn)
    default:
      return []
  }
}

/** Everywhere that a secret stands in the APDU, and with any the check over the whole frame. */
function placed(
  secrets: readonly Uint8Array[],
  apdu: Uint8Array,
  at: { readonly from: number; readonly checked: number },
): FrameAim['secrets'] {
  const places = secrets.flatMap((secret) => placesOf(secret, apdu))
  if (places.length === 0) return []
  const { length } = apdu
  const all = at.checked === 0 ? places : [...places, { from: length, to: length + at.checked }]
  return all.map(({ from, to }) => ({ from: at.from + from, to: at.from + to }))
}
