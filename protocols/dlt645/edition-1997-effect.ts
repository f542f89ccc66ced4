import type { FrameEffect } from '#protocols/model'
import { dataItemOf1997 } from './edition-1997-items.ts'
import { requestOf1997 } from './edition-1997-request.ts'
import { parseFrame } from './frame.ts'

/** What a write to an item of the table moves, by the head of its identifier, longest first. */
const writes: readonly (readonly [head: string, effect: FrameEffect])[] = [
  ['B634', 'load-limit'],
  ['B635', 'load-limit'],
  ['C010', 'clock'],
  ['C011', 'clock'],
  // Weekly rest days, zones, periods and holidays decide which rate counts.
  ['C022', 'price'],
  // Many meters answer to their number.
  ['C032', 'address'],
  ['C034', 'address'],
  // Initial readings replace what was counted.
  ['C119', 'clear'],
  ['C11A', 'clear'],
  ['C212', 'key'],
  ['C3', 'price'],
  ['C4', 'price'],
  ['C', 'write'],
]

/**
 * What a frame would do to the meter that takes it. Only one whole frame of exactly the form that
 * the standard gives its function is classified; a write outside the table is unknown, since makers
 * move relays and valves by identifiers of their own.
 */
export function effectOf1997(bytes: Uint8Array): FrameEffect {
  const parsed = parseFrame(bytes)
  const request = parsed.ok ? requestOf1997(parsed.frame) : null
  switch (request?.kind) {
    case 'read':
    case 'read-more':
    case 'repeat':
      return 'read'
    case 'write':
      return effectOfWrite(request.dataId)
    case 'set-clock':
      return 'clock'
    case 'write-address':
      return 'address'
    case 'change-baud':
      return 'mode'
    case 'change-password':
      return 'key'
    case 'clear-demand':
      return 'clear'
    case undefined:
      return 'unknown'
  }
}

function effectOfWrite(dataId: string): FrameEffect {
  const item = dataItemOf1997(dataId)
  if (!item || item.isBlock) return 'unknown'
  return writes.find(([head]) => dataId.startsWith(head))?.[1] ?? 'unknown'
}
