import { type Item, itemOf, type Malformed, type Reading } from '#protocols/model'
import { word } from './pdu.ts'
import { type Block, type Point, planBlocks } from './plan.ts'
import type { Guard, ModbusProfile } from './profile.ts'
import { profileOf } from './profiles.ts'
import { readShape, registerCount } from './shape.ts'

const UNIT_MAX = 255

/** Planned reads and the items that the profile has no register for. */
export interface PlannedBlocks {
  readonly unit: number
  readonly functionCode: 3 | 4
  readonly guards: readonly Guard[]
  readonly blocks: readonly Block[]
  readonly unsupported: readonly string[]
}

/** `0x0048`: how this package writes the address of a register, as an id of its own. */
export function registerId(address: number): string {
  return `0x${address.toString(16).toUpperCase().padStart(4, '0')}`
}

/** The unit number of a meter's address text, or undefined. */
export function unitOf(address: string): number | undefined {
  if (!/^\d{1,3}$/.test(address)) return undefined
  const unit = Number(address)
  return unit <= UNIT_MAX ? unit : undefined
}

export function planItems(
  items: readonly string[],
  address: string,
  profileName: string | null,
): PlannedBlocks {
  const unit = unitOf(address)
  const profile = profileName === null ? undefined : profileOf(profileName)
  if (unit === undefined || !profile) {
    const nothing = { guards: [], blocks: [], unsupported: items }
    return { unit: unit ?? 0, functionCode: 3, ...nothing }
  }
  const points = new Map<number, Point>()
  const unsupported: string[] = []
  for (const item of items) {
    const point = pointOf(profile, item)
    if (point) points.set(point.address, point)
    else unsupported.push(item)
  }
  const blocks = planBlocks([...points.values()], profile)
  const { functionCode, guards } = profile
  return { unit, functionCode, guards, blocks, unsupported }
}

/** The profile's point with this register-model code or address (`0x0048`). */
function pointOf(profile: ModbusProfile, item: string): Point | undefined {
  const wanted = item.toLowerCase()
  const row = profile.points.find(([code, address]) => {
    return code === item || registerId(address).toLowerCase() === wanted
  })
  return row && { id: row[0], address: row[1], shape: row[2], order: profile.order }
}

/** Values of the points in the bytes of a block's answer, in the order of the block. */
export function readBlock(block: Block, data: Uint8Array): readonly Reading[] {
  return block.points.map((point) => {
    const { address, shape, order } = point
    const at = (register: number) => 2 * (register - block.start)
    const scaleAt = shape.kind === 'integer' ? shape.scaleAt : null
    const scaleFactor = scaleAt === null ? 0 : (word(data, at(scaleAt)) << 16) >> 16
    const bytes = data.subarray(at(address), at(address + registerCount(shape)))
    const item: Item | undefined = itemOf(point.id)
    return {
      item: item?.code ?? null,
      dataId: registerId(address),
      name: item?.en ?? registerId(address),
      unit: item?.unit ?? '',
      value: readShape(shape, bytes, order, scaleFactor),
      dataClass: 'current',
      at: null,
    }
  })
}

/** The first guard that the answer breaks, as the reason to trust none of it. */
export function brokenGuard(
  guards: readonly Guard[],
  block: Pick<Block, 'start' | 'count'>,
  data: Uint8Array,
): Malformed | undefined {
  for (const { address, words, meaning } of guards) {
    const first = address - block.start
    if (first < 0 || first + words.length > block.count) continue
    const found = words.map((_, index) => word(data, 2 * (first + index)))
    if (found.every((value, index) => value === words[index])) continue
    return {
      code: 'modbus.wrong-model',
      message: `${meaning} should begin at ${address} with ${words}, the meter has ${found}`,
      offset: 3 + 2 * first,
    }
  }
  return undefined
}
