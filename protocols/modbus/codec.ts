import { type Item, itemOf, type Malformed, type Reading } from '#protocols/model'
import { REGISTERS_MAX } from './pdu.ts'
import { type Block, type BlockLimits, type Point, planBlocks } from './plan.ts'
import type { Guard, ModbusProfile } from './profile.ts'
import { f32, integerTypes, readShape, registerCount, type Shape, wordOrders } from './shape.ts'
import { word } from './word.ts'

const UNIT_MAX = 255
const ADDRESSES = 0x1_0000

/** Reads of one function code. */
interface PlannedBlocks {
  readonly functionCode: 3 | 4
  readonly guards: readonly Guard[]
  readonly blocks: readonly Block[]
}

/** Planned reads and the items that nothing has a register for. */
export interface PlannedItems {
  readonly groups: readonly PlannedBlocks[]
  readonly unsupported: readonly string[]
}

/** Registers named by hand, outside any profile: read exactly these and nothing between them. */
const byHand: BlockLimits = { blockMax: REGISTERS_MAX, gapMax: 0, forbidden: [], guards: [] }
const BY_HAND_DECIMALS = 3
const BY_HAND = /^([34]):(0x[0-9a-f]{1,4}|\d{1,5}):([uif]\d\d)(?::([a-d]{4}))?$/i

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

/** An item is a register-model code, an address of the profile (`0x0048`) or `4:0x0048:f32`. */
export function planItems(
  items: readonly string[],
  profile: ModbusProfile | undefined,
): PlannedItems {
  const known = new Map<number, Point>()
  const manual = { 3: new Map<string, Point>(), 4: new Map<string, Point>() }
  const unsupported: string[] = []
  for (const item of items) {
    const point = profile && pointOf(profile, item)
    const written = point ? undefined : pointByHand(item)
    if (point) known.set(point.address, point)
    else if (written) manual[written.functionCode].set(item, written.point)
    else unsupported.push(item)
  }
  const groups: PlannedBlocks[] = []
  if (profile && known.size > 0) {
    const { functionCode, guards } = profile
    groups.push({ functionCode, guards, blocks: planBlocks([...known.values()], profile) })
  }
  for (const functionCode of [3, 4] as const) {
    const blocks = planBlocks([...manual[functionCode].values()], byHand)
    if (blocks.length > 0) groups.push({ functionCode, guards: [], blocks })
  }
  return { groups, unsupported }
}

/** `4:0x0048:f32` or `3:40070:i16:CDAB`: function code, zero-based address, type, word order. */
function pointByHand(item: string): { functionCode: 3 | 4; point: Point } | undefined {
  const [, code, place, type = '', written = 'ABCD'] = BY_HAND.exec(item) ?? []
  const address = Number(place)
  const order = wordOrders.find((known) => known === written.toUpperCase())
  const shape = shapeByHand(type.toLowerCase())
  if (!shape || !order || address + registerCount(shape) > ADDRESSES) return undefined
  return { functionCode: code === '3' ? 3 : 4, point: { id: item, address, shape, order } }
}

export function shapeByHand(type: string): Shape | undefined {
  if (type === 'f32') return f32(BY_HAND_DECIMALS)
  const integer = integerTypes.find((known) => known === type)
  return integer && { kind: 'integer', type: integer, exponent: 0, scaleAt: null, absent: null }
}

/** The profile's point with this register-model code or address (`0x0048`). */
export function pointOf(profile: ModbusProfile, item: string): Point | undefined {
  const points = pointsByName.get(profile) ?? indexPoints(profile)
  return points.get(item) ?? points.get(item.toLowerCase())
}

const pointsByName = new WeakMap<ModbusProfile, ReadonlyMap<string, Point>>()

function indexPoints(profile: ModbusProfile): ReadonlyMap<string, Point> {
  const points = new Map<string, Point>()
  for (const [id, address, shape] of profile.points) {
    const point = { id, address, shape, order: profile.order }
    for (const name of [id, registerId(address).toLowerCase()]) {
      if (!points.has(name)) points.set(name, point)
    }
  }
  pointsByName.set(profile, points)
  return points
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
      dataId: item ? registerId(address) : point.id,
      name: item?.en ?? point.id,
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
