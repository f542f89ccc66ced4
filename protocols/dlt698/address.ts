import { byteAt, hexPair } from '#protocols/bytes'

/** How a server is named (SA, §5.1.4): one, any, a group of them, or all. */
export type AddressKind = 'single' | 'wildcard' | 'group' | 'broadcast'

export interface ServerAddress {
  readonly kind: AddressKind
  /** Which server within the device: 0 the device itself, 1 its metering core (管理芯、计量芯). */
  readonly logical: number
  /** True where the logical address is sent in a byte of its own (扩展逻辑地址). */
  readonly extended: boolean
  /** Hex digits in display order, `AA` for a broadcast. */
  readonly digits: string
}

const kinds: readonly AddressKind[] = ['single', 'wildcard', 'group', 'broadcast']
const digitsMax = 32
const extendedBit = 0x20
const logicalBits = 0x30
/** The logical address that both bits together are. */
const bothBits = 3

/** Reaches everyone on the line; nobody answers. */
export const broadcastDigits = 'AA'

const written = /^(group:)?((?:[\dA-F]{2}){1,16})(?:\/(x?)(\d{1,3}))?$/

/**
 * The address that people type: `000000000001`, with A for digits that match anything, `AA` for all,
 * `group:…` for a group, and `/1` behind it for a logical address, `/x1` for one in a byte of its own.
 * Undefined where it is none.
 */
export function parseAddress(text: string): ServerAddress | undefined {
  const known = addresses.get(text)
  if (known) return known
  const address = readText(text)
  if (addresses.size >= ADDRESSES_MAX) addresses.clear()
  if (address) addresses.set(text, address)
  return address
}

/** Addresses that were read from texts: the same devices are asked over and over. */
const ADDRESSES_MAX = 4096
const addresses = new Map<string, ServerAddress>()

function readText(text: string): ServerAddress | undefined {
  const found = written.exec(text)
  const digits = found?.[2]
  if (!found || digits === undefined) return undefined
  const logical = Number(found[4] ?? 0)
  const extended = found[3] === 'x' || (logical > 1 && logical !== bothBits)
  if (logical > 255 || (extended && digits.length === digitsMax)) return undefined
  return { kind: kindOf(digits, found[1] !== undefined), logical, extended, digits }
}

/** As `parseAddress` reads it. */
export function addressText({ kind, logical, extended, digits }: ServerAddress): string {
  const isSaid = extended && (logical < 2 || logical === bothBits)
  const within = logical === 0 && !extended ? '' : `/${isSaid ? 'x' : ''}${logical}`
  return `${kind === 'group' ? 'group:' : ''}${digits}${within}`
}

/** Bytes of the address with its feature byte (地址特征) in front. */
export function addressBytes({ kind, logical, extended, digits }: ServerAddress): Uint8Array {
  const length = digits.length / 2 + (extended ? 1 : 0)
  const bytes = new Uint8Array(1 + length)
  const logicalPart = extended ? extendedBit : logical << 4
  bytes[0] = (kinds.indexOf(kind) << 6) | logicalPart | (length - 1)
  if (extended) bytes[1] = logical
  for (let index = 0; index < digits.length / 2; index++) {
    bytes[length - index] = (nibbleAt(digits, 2 * index) << 4) | nibbleAt(digits, 2 * index + 1)
  }
  return bytes
}

/** How many bytes an address takes whose feature byte is this one. */
export function addressLength(feature: number): number {
  return 2 + (feature & 0x0f)
}

/**
 * The address at `from`. Bit 5 alone says that a logical address of its own byte comes first, as in
 * the edition of 2021; both bits set are the logical address 3 of 2017.
 */
export function readAddress(bytes: Uint8Array, from: number): ServerAddress {
  const feature = byteAt(bytes, from)
  const length = (feature & 0x0f) + 1
  const extended = (feature & logicalBits) === extendedBit && length > 1
  let digits = ''
  for (let at = from + length; at > from + (extended ? 1 : 0); at--)
    digits += hexPair(byteAt(bytes, at))
  const logical = extended ? byteAt(bytes, from + 1) : (feature & logicalBits) >> 4
  return { kind: kinds[feature >> 6] ?? 'single', logical, extended, digits }
}

/** True if a device of this address takes frames for `asked`: A stands for any digit. */
export function addressMatches(asked: ServerAddress, own: string): boolean {
  if (asked.kind === 'broadcast') return true
  if (asked.kind === 'group') return false
  if (asked.digits === own) return true
  if (asked.kind !== 'wildcard' || asked.digits.length < own.length) return false
  const tail = asked.digits.slice(-own.length)
  return [...tail].every((digit, index) => digit === 'A' || digit === own[index])
}

function kindOf(digits: string, isGroup: boolean): AddressKind {
  if (isGroup) return 'group'
  if (digits === broadcastDigits) return 'broadcast'
  return digits.includes('A') ? 'wildcard' : 'single'
}

/** Of upper-case hex digits. */
function nibbleAt(digits: string, at: number): number {
  const code = digits.charCodeAt(at)
  return code < 0x40 ? code - 0x30 : code - 0x37
}
