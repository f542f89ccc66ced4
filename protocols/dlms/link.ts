import { Writer } from '#protocols/bytes'
import { Cursor } from './cursor.ts'

/** Control fields with the poll/final bit set (IEC 62056-46). */
export const controls = {
  snrm: 0x93,
  ua: 0x73,
  disc: 0x53,
  dm: 0x1f,
  frmr: 0x97,
  ui: 0x13,
} as const
const POLL = 0x10

export const isInformation = (control: number) => (control & 1) === 0
export const isSupervisory = (control: number) => (control & 3) === 1
export const sendNumber = (control: number) => (control >> 1) & 7
export const receiveNumber = (control: number) => (control >> 5) & 7
export const information = (sent: number, received: number) => (received << 5) | POLL | (sent << 1)
export const receiveReady = (received: number) => (received << 5) | POLL | 1

/** The name of a control field, for people. */
export function controlName(control: number): string {
  if (isInformation(control)) {
    return `I, N(S) ${sendNumber(control)}, N(R) ${receiveNumber(control)}`
  }
  if (isSupervisory(control)) {
    const name = supervisory[(control >> 2) & 3] ?? '?'
    return `${name}, N(R) ${receiveNumber(control)}`
  }
  return unnumbered[control | POLL] ?? 'unnumbered, unknown'
}

const supervisory = ['RR', 'RNR', 'REJ', 'SREJ']
const unnumbered: Readonly<Record<number, string>> = {
  [controls.snrm]: 'SNRM, opens the link',
  [controls.ua]: 'UA, acknowledged',
  [controls.disc]: 'DISC, ends the link',
  [controls.dm]: 'DM, the link is not open',
  [controls.frmr]: 'FRMR, frame rejected',
  [controls.ui]: 'UI, unnumbered information',
}

/** What both sides of a link hold to; windows of one frame. */
export interface LinkLimits {
  /** The longest information field that the sender of the list sends, and takes. */
  readonly sends: number
  readonly takes: number
  readonly sendWindow: number
  readonly takeWindow: number
}

/** Where nothing is negotiated. */
export const standardLimits: LinkLimits = { sends: 128, takes: 128, sendWindow: 1, takeWindow: 1 }

const FORMAT = 0x81
const GROUP = 0x80

export function writeLimits({ sends, takes, sendWindow, takeWindow }: LinkLimits): Uint8Array {
  const writer = new Writer().uint8(FORMAT).uint8(GROUP).uint8(20)
  writer.uint8(5).uint8(2).uint16(sends).uint8(6).uint8(2).uint16(takes)
  return writer.uint8(7).uint8(4).uint32(sendWindow).uint8(8).uint8(4).uint32(takeWindow).done()
}

/** The limits that a UA or SNRM tells; what it leaves out is the standard's. Null if broken. */
export function readLimits(info: Uint8Array): LinkLimits | null {
  if (info.length === 0) return standardLimits
  const cursor = new Cursor(info)
  if (cursor.uint8() !== FORMAT || cursor.uint8() !== GROUP) return null
  if (cursor.uint8() !== cursor.left) return null
  const found: Record<number, number> = {}
  while (cursor.left > 0) {
    const id = cursor.uint8()
    let value = 0
    for (const byte of cursor.take(cursor.uint8())) value = value * 0x100 + byte
    found[id] = value
  }
  if (cursor.failed) return null
  return {
    sends: found[5] || standardLimits.sends,
    takes: found[6] || standardLimits.takes,
    sendWindow: found[7] || 1,
    takeWindow: found[8] || 1,
  }
}
