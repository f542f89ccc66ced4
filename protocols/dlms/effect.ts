import type { FrameEffect } from '#protocols/model'
import { type Apdu, parseApdu } from './apdu.ts'
import { flag, parseHdlc } from './frame.ts'
import { controls, isInformation, isSupervisory } from './link.ts'
import type { Service, Target } from './services.ts'
import type { Task } from './task.ts'
import { parseWrapped } from './wrapper.ts'

/** What writing an attribute of a class comes to; a class that is not here is unknown. */
const writes: Readonly<Record<number, FrameEffect>> = {
  3: 'clear',
  4: 'clear',
  5: 'write',
  6: 'price',
  7: 'write',
  8: 'clock',
  11: 'price',
  12: 'key',
  15: 'key',
  17: 'address',
  19: 'address',
  20: 'price',
  23: 'address',
  27: 'address',
  29: 'address',
  40: 'write',
  41: 'address',
  42: 'address',
  43: 'address',
  45: 'address',
  48: 'address',
  61: 'write',
  64: 'key',
  70: 'relay',
  71: 'load-limit',
  111: 'price',
  112: 'price',
  113: 'price',
  115: 'price',
}

/** What a method of a class does: `[method, effect]`; a method that is not here is unknown. */
const methods: Readonly<Record<number, Readonly<Record<number, FrameEffect>>>> = {
  3: { 1: 'clear' },
  4: { 1: 'clear' },
  5: { 1: 'clear', 2: 'write' },
  7: { 1: 'clear', 2: 'write' },
  8: { 1: 'clock', 2: 'clock', 3: 'clock', 4: 'clock', 5: 'clock', 6: 'clock' },
  12: { 8: 'read' },
  // reply_to_HLS_authentication proves who we are; all others change who may what.
  15: { 1: 'read', 2: 'key', 3: 'key', 4: 'key', 5: 'key', 6: 'key' },
  20: { 1: 'price' },
  40: { 1: 'write' },
  64: { 1: 'key', 2: 'key', 3: 'key', 4: 'key', 5: 'key', 6: 'key', 7: 'key', 8: 'key' },
  70: { 1: 'trip', 2: 'relay' },
}

/** The worst first: a list counts as its worst part. */
const order: readonly FrameEffect[] = [
  'unknown',
  'trip',
  'relay',
  'load-limit',
  'key',
  'clear',
  'price',
  'address',
  'mode',
  'clock',
  'write',
  'read',
]

const worstOf = (effects: readonly FrameEffect[]): FrameEffect =>
  order.find((effect) => effects.includes(effect)) ?? 'unknown'

/** Data objects (class 1) hold anything; only these are known. */
function effectOfData(obis: string): FrameEffect {
  return /^0\.0\.96\.1\.\d+\.255$/.test(obis) ? 'address' : 'unknown'
}

const effectOfWrite = ({ classId, obis, id }: Target): FrameEffect => {
  if (classId === 1) return effectOfData(obis)
  // The name of an object is no setting of it.
  return id < 2 ? 'unknown' : (writes[classId] ?? 'unknown')
}

const effectOfMethod = ({ classId, id }: Target): FrameEffect => methods[classId]?.[id] ?? 'unknown'

/** What a plain service would do to the server; a block that names no object is unknown. */
function effectOfService(service: Service): FrameEffect {
  switch (service.kind) {
    case 'get-request':
      return 'read'
    case 'set-request':
      return worstOf(service.targets.map(effectOfWrite))
    case 'action-request':
      if (service.form === 'next') return 'read'
      return worstOf(service.targets.map(effectOfMethod))
    default:
      return 'unknown'
  }
}

/** The same within a task: a block that names no object belongs to the object of the task. */
export function effectWithin(service: Service, task: Task): FrameEffect {
  const isBlock = 'targets' in service && service.targets.length === 0
  if (!isBlock || service.kind === 'get-request') return effectOfService(service)
  if (task.kind === 'set') return effectOfWrite(task.target)
  return task.kind === 'action' ? effectOfMethod(task.target) : 'unknown'
}

function effectOfApdu(apdu: Apdu): FrameEffect {
  switch (apdu.kind) {
    case 'service':
      return effectOfService(apdu.service)
    case 'acse':
      return apdu.acse.kind === 'aarq' || apdu.acse.kind === 'rlrq' ? 'read' : 'unknown'
    case 'transfer':
      // Without a piece of a request it only says what was taken.
      return apdu.transfer.bytes.length === 0 ? 'read' : 'unknown'
    case 'initiate':
    case 'ciphered':
      return 'unknown'
  }
}

const commandLlc = [0xe6, 0xe6, 0x00]

/**
 * What a frame would do to the meter that takes it. Only one whole frame counts; what is
 * enciphered, and a piece of an APDU that began in another frame, is unknown.
 */
export function effectOfFrame(bytes: Uint8Array): FrameEffect {
  if (bytes[0] === flag) return effectOfHdlc(bytes)
  const parsed = parseWrapped(bytes)
  return parsed.ok ? effectOfBytes(parsed.frame.apdu) : 'unknown'
}

function effectOfHdlc(bytes: Uint8Array): FrameEffect {
  const parsed = parseHdlc(bytes)
  if (!parsed.ok) return 'unknown'
  const { control, info, segmented } = parsed.frame
  if (isInformation(control)) {
    const isBeginning = commandLlc.every((byte, index) => info[index] === byte)
    return isBeginning && !segmented ? effectOfBytes(info.subarray(3)) : 'unknown'
  }
  if (isSupervisory(control)) return info.length === 0 ? 'read' : 'unknown'
  return control === controls.snrm || control === controls.disc ? 'read' : 'unknown'
}

function effectOfBytes(apdu: Uint8Array): FrameEffect {
  const parsed = parseApdu(apdu)
  return parsed.ok ? effectOfApdu(parsed.apdu) : 'unknown'
}
