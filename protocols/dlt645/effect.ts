import { byteAt } from '#protocols/bytes'
import type { FrameEffect } from '#protocols/model'
import { protectionOf } from './access.ts'
import { type Frame, parseFrame } from './frame.ts'
import type { Dlt645Order } from './orders.ts'
import { commandOffset } from './read-order.ts'
import { namesOneMeter, requestOf } from './request.ts'
import { authenticationEffects, writeEffects } from './write-effects.ts'

/** What the command byte N1 of a 1CH does. Any other byte is unknown. */
const commandEffects: ReadonlyMap<number, FrameEffect> = new Map([
  [0x1a, 'trip'],
  [0x1b, 'relay'],
  [0x1c, 'relay'],
  [0x1d, 'trip'],
  [0x1e, 'trip'],
  [0x2a, 'relay'],
  [0x2b, 'relay'],
  [0x3a, 'relay'],
  [0x3b, 'relay'],
])

/**
 * What a frame would do to the meter that takes it. Only one whole frame of exactly the form that
 * the standard gives its function is called anything but unknown; bytes before or behind it could
 * be another. An order to more than one meter is unknown, so that it is never sent; the broadcast
 * time alone may go to all.
 */
export function effectOf(bytes: Uint8Array): FrameEffect {
  const parsed = parseFrame(bytes)
  if (!parsed.ok) return 'unknown'
  const { frame } = parsed
  const request = requestOf(frame)
  if (!request) return 'unknown'
  switch (request.kind) {
    case 'read':
    case 'read-more':
    case 'read-address':
      return 'read'
    case 'set-clock':
      return 'clock'
    default:
      return namesOneMeter(frame.address) ? orderEffect(request, frame) : 'unknown'
  }
}

function orderEffect(order: Dlt645Order, frame: Frame): FrameEffect {
  switch (order.kind) {
    case 'authenticate':
      return effectOfHead(authenticationEffects, order.dataId)
    case 'write':
      return effectOfHead(writeEffects, order.dataId)
    case 'control':
      if (protectionOf(frame)) return 'unknown'
      return commandEffects.get(byteAt(frame.data, commandOffset)) ?? 'unknown'
    case 'write-address':
      return 'address'
    case 'change-baud':
      return 'mode'
    case 'change-password':
      return 'key'
    case 'clear-demand':
    case 'clear-meter':
    case 'clear-events':
      return 'clear'
    case 'freeze':
    case 'output':
      return 'write'
  }
}

function effectOfHead(
  effects: readonly (readonly [head: string, effect: FrameEffect])[],
  dataId: string,
): FrameEffect {
  return effects.find(([head]) => dataId.startsWith(head))?.[1] ?? 'unknown'
}
