import { placesOf, toHex } from '#protocols/bytes'
import type { FrameAim, MeterTime, RelayAction } from '#protocols/model'
import { addressText, type ServerAddress } from './address.ts'
import { type Apdu, decodeApdu, type TimeTag } from './apdu.ts'
import { methodEffects, settingEffects } from './effects.ts'
import { fragmentBit, frameStart, fromServer, headerLength, parseFrame } from './frame.ts'
import { shifted } from './moments.ts'
import { secretsOf } from './secrets.ts'
import { opened } from './security.ts'
import type { Data } from './value.ts'

/** What methods of 8000 and 8001 tell the relays; mode of operation 0 and nothing else. */
const actions: Readonly<Record<string, RelayAction>> = {
  '80007F00': 'alarm',
  '80008000': 'clear-alarm',
  '80008100': 'trip',
  '80008300': 'trip',
  '80017F00': 'protect',
  '80018000': 'unprotect',
}
const closeMethod = '80008200'
/** The words of a closing: allow it (合闸允许), or close at once (直接合闸). */
const closings: readonly RelayAction[] = ['allow-close', 'close']
const tripMethods: ReadonlySet<string> = new Set(['80008100', '80008300'])

/** Stands for the end of an order that names none: a time that no calendar has. */
const noEnd: MeterTime = { year: 2000, month: 0, day: 0, hour: 0, minute: 0, second: 0 }
const endBytes = 3

/** One thing that a frame writes or calls, and the device it is for; null for the one addressed. */
interface Target {
  readonly device: Uint8Array | null
  readonly id: string
  readonly isCall: boolean
  readonly value: Data
}

/**
 * Whom a client's frame is for: the device that it addresses, or the one behind it. What lists
 * several devices is for a group; of several things for one device nobody can tell what a permit
 * would be for. Order and time tag are read through a security envelope in the plain.
 */
export function aimOf(bytes: Uint8Array): FrameAim | null {
  const parsed = parseFrame(bytes)
  if (!parsed.ok) return null
  const { control, server, data } = parsed.frame
  if ((control & (fromServer | fragmentBit)) !== 0) return null
  const outer = decodeApdu(data)
  const inner = outer.ok ? opened(outer.apdu) : null
  if (!outer.ok || !inner?.ok) return null
  const targets = targetsOf(inner.apdu)
  const [target] = targets
  const devices = new Set(targets.map(({ device }) => device && toHex(device)))
  if (targets.length > 1 && devices.size === 1) return null
  const isOne = targets.length < 2
  const action = isOne && target ? actionOf(target) : null
  const behind = isOne ? (target?.device ?? null) : null
  const start = frameStart(bytes)
  return {
    address: behind ? digitsOf(behind) : addressText(server),
    isGroup: !isOne || (behind ? !isOneBehind(behind) : !isSingle(server)),
    action,
    expiresAt: expiryOf(inner.apdu.timeTag, action),
    secrets: placed(
      [...proofsOf(outer.apdu), ...secretsOf(inner.apdu), ...targets.flatMap(keysIn)],
      data,
      start + headerLength(bytes, start),
    ),
  }
}

function targetsOf({ service, body }: Apdu): readonly Target[] {
  switch (service) {
    case 'SetRequestNormal':
      return [settingOf(null)(body)]
    case 'SetRequestNormalList':
    case 'SetThenGetRequestNormalList':
      return body.settings.map(settingOf(null))
    case 'ActionRequest':
      return [callOf(null)(body)]
    case 'ActionRequestList':
    case 'ActionThenGetRequestNormalList':
      return body.calls.map(callOf(null))
    case 'ProxySetRequestList':
    case 'ProxySetThenGetRequestList':
      return body.devices.flatMap(({ device, items }) => items.map(settingOf(device)))
    case 'ProxyActionRequestList':
    case 'ProxyActionThenGetRequestList':
      return body.devices.flatMap(({ device, items }) => items.map(callOf(device)))
    default:
      return []
  }
}

const settingOf =
  (device: Uint8Array | null) =>
  ({ object, value }: { readonly object: string; readonly value: Data }): Target => {
    return { device, id: object, isCall: false, value }
  }

const callOf =
  (device: Uint8Array | null) =>
  ({ method, value }: { readonly method: string; readonly value: Data }): Target => {
    return { device, id: method, isCall: true, value }
  }

/** The order in a call; null where it is for several relays at once, or its words are not known. */
function actionOf({ id, isCall, value }: Target): RelayAction | null {
  if (!isCall) return null
  if (id !== closeMethod && !tripMethods.has(id)) return actions[id] ?? null
  const units = value.type === 'array' ? value.items : []
  const [unit] = units
  if (units.length !== 1 || unit?.type !== 'structure') return null
  if (id !== closeMethod) return actions[id] ?? null
  const word = unit.items[1]
  return word?.type === 'enum' ? (closings[word.value] ?? null) : null
}

function isSingle({ kind, digits }: ServerAddress): boolean {
  return kind === 'single' && !/[^\d]/.test(digits)
}

/** A TSA: its feature byte, and the address in display order. */
function digitsOf(device: Uint8Array): string {
  return toHex(device.subarray(1))
}

/** Feature bits: which server within the device is no matter, wildcards and groups are. */
function isOneBehind(device: Uint8Array): boolean {
  const [feature = 0xff] = device
  const isWhole = (feature & 0x0f) + 2 === device.length
  return (feature & 0xf0) === 0 && isWhole && /^\d+$/.test(digitsOf(device))
}

/** The end of the time tag; an order to a relay without one would hold for ever. */
function expiryOf(tag: TimeTag | null, action: RelayAction | null): MeterTime | null {
  if (!tag) return action === null ? null : noEnd
  const { sentAt, delay } = tag
  const { count } = delay
  switch (delay.unit) {
    case 'second': {
      const seconds = sentAt.second + count
      const minute = shifted({ ...sentAt, second: 0 }, Math.floor(seconds / 60))
      return { ...minute, second: seconds % 60 }
    }
    case 'minute':
      return shifted(sentAt, count)
    case 'hour':
      return shifted(sentAt, 60 * count)
    case 'day':
    case 'month':
    case 'year':
      // No order takes days on its way.
      return noEnd
  }
}

/** Numbers and sums by which the client proves itself in a security envelope. */
function proofsOf(outer: Apdu): readonly Uint8Array[] {
  if (outer.service !== 'SECURITY-Request') return []
  const { verification } = outer.body
  switch (verification.kind) {
    case 'random':
      return [verification.value]
    case 'randomMac':
      return [verification.value.random, verification.value.mac]
    case 'sid':
      return [verification.value.attached]
    case 'sidMac':
      return [verification.value.sid.attached, verification.value.mac]
  }
}

/** Whatever is given to an object that keeps keys or passwords. */
function keysIn({ id, isCall, value }: Target): readonly Uint8Array[] {
  const rows = isCall ? methodEffects : settingEffects
  const effect = rows.find(([pattern]) => pattern.test(id))?.[1]
  return effect === 'key' ? bytesIn(value) : []
}

function bytesIn(value: Data): readonly Uint8Array[] {
  if (value.type === 'array' || value.type === 'structure') return value.items.flatMap(bytesIn)
  return 'bytes' in value ? [value.bytes] : []
}

/** Everywhere that a secret stands in the data, and with any the check over the whole frame. */
function placed(
  secrets: readonly Uint8Array[],
  data: Uint8Array,
  dataAt: number,
): FrameAim['secrets'] {
  const places = secrets.flatMap((secret) => placesOf(secret, data))
  if (places.length === 0) return []
  const { length } = data
  return [...places, { from: length, to: length + endBytes - 1 }].map(({ from, to }) => ({
    from: dataAt + from,
    to: dataAt + to,
  }))
}
