import {
  type Guard,
  type ModbusProfile,
  mbap,
  type RegisterRead,
  rtu,
  type Shape,
  slave,
  writeShape,
} from '#protocols/modbus'
import type { SimulatedMeter } from '#simulators/meter'
import type { Face } from './face.ts'
import { type ItemValues, itemValues } from './item-values.ts'

const ILLEGAL_FUNCTION = 1
const ILLEGAL_ADDRESS = 2
const ILLEGAL_VALUE = 3
/** A gateway's answer for a unit that is not on its bus. */
const GATEWAY_NO_TARGET = 0x0b
const NOT_IMPLEMENTED = 0x8000
/** The first object number that is a maker's own. */
const SERIAL_NUMBER = 0x80
const SUNSPEC_BASE = 40_000
const COMMON_LENGTH = 66
const MAKERS_MODEL = 64_001

/** A meter at a unit number, laid out as its profile says. */
export interface ModbusUnit {
  readonly unit: number
  readonly profile: ModbusProfile
  readonly meter: SimulatedMeter
}

/** Units behind one Modbus TCP port: a gateway of several meters, or one meter. */
export function modbusTcpFace(units: readonly ModbusUnit[]): Face {
  const scanner = mbap.scanner()
  return {
    receive(chunk, nowMs) {
      return scanner.push(chunk).flatMap((frame) => {
        const unframed = mbap.message(frame)
        if (!unframed.ok) return []
        const answer =
          answerOf(units, unframed.message, nowMs) ??
          slave.exception(unframed.message[0] ?? 0, unframed.message[1] ?? 0, GATEWAY_NO_TARGET)
        return [mbap.frame(answer, unframed.transaction)]
      })
    },
    reset: () => scanner.reset(),
  }
}

/** Units on one RTU bus, as a serial line or a serial server carries it; absent ones are silent. */
export function modbusRtuFace(units: readonly ModbusUnit[]): Face {
  const scanner = rtu.scanner('requests')
  return {
    receive(chunk, nowMs) {
      return scanner.push(chunk).flatMap((frame) => {
        const unframed = rtu.message(frame)
        const answer = unframed.ok ? answerOf(units, unframed.message, nowMs) : null
        return answer ? [rtu.frame(answer)] : []
      })
    },
    reset: () => scanner.reset(),
  }
}

/** Null: nobody here has that unit number. */
function answerOf(
  units: readonly ModbusUnit[],
  message: Uint8Array,
  nowMs: number,
): Uint8Array | null {
  const unit = units.find((each) => each.unit === message[0])
  if (!unit) return null
  const request = slave.request(message)
  const functionCode = message[1] ?? 0
  if (request.kind === 'identify') return slave.identification(request.identify, identityOf(unit))
  if (request.kind !== 'read' || request.read.functionCode !== unit.profile.functionCode) {
    return slave.exception(unit.unit, functionCode, ILLEGAL_FUNCTION)
  }
  const { read } = request
  if (read.count < 1 || read.count > unit.profile.blockMax) {
    return slave.exception(unit.unit, functionCode, ILLEGAL_VALUE)
  }
  if (!isReadable(unit.profile, read)) {
    return slave.exception(unit.unit, functionCode, ILLEGAL_ADDRESS)
  }
  return slave.registers(read, registersOf(unit, read, nowMs))
}

/** Inside the map, gaps included as the meters do, and outside what the meter refuses. */
function isReadable(profile: ModbusProfile, { start, count }: RegisterRead): boolean {
  const spans = [
    ...profile.points.map(([, address, shape]) => [address, address + wordsOf(shape)] as const),
    ...profile.points.flatMap(([, , shape]) => {
      const at = scaleAddress(shape)
      return at === null ? [] : [[at, at + 1] as const]
    }),
    ...fixedWords(profile).map(({ address, words }) => [address, address + words.length] as const),
  ]
  const end = start + count
  const first = Math.min(...spans.map(([from]) => from))
  const last = Math.max(...spans.map(([, to]) => to))
  const refused = profile.forbidden.some(([from, to]) => start <= to && end > from)
  return start >= first && end <= last && !refused
}

/** The image of the wanted registers; what nothing lies in reads zero. */
function registersOf(
  { profile, meter }: ModbusUnit,
  { start, count }: RegisterRead,
  nowMs: number,
): readonly number[] {
  const image = new Array<number>(count).fill(0)
  const put = (address: number, words: readonly number[]) =>
    words.forEach((word, index) => {
      const at = address + index - start
      if (at >= 0 && at < count) image[at] = word
    })
  const values = itemValues(meter, nowMs)
  for (const { address, words } of fixedWords(profile)) put(address, words)
  for (const [code, address, shape] of profile.points) {
    const scaleAt = scaleAddress(shape)
    const factor = scaleAt === null ? 0 : scaleFactorOf(code)
    if (scaleAt !== null) put(scaleAt, [factor & 0xffff])
    const size = wordsOf(shape)
    if (address >= start + count || address + size <= start) continue
    put(address, wordsFor(values(code), shape, profile, factor))
  }
  return image
}

/** What a device says of itself to function 43/14. */
function identityOf({ profile, meter }: ModbusUnit) {
  return [
    { id: 0, text: 'OpenHES' },
    { id: 1, text: profile.name },
    { id: 2, text: '1.0' },
    { id: 4, text: profile.title },
    { id: SERIAL_NUMBER, text: meter.spec.address },
  ]
}

/**
 * Words that never change: what the map guards, and in a SunSpec device the list of its models
 * around the meter's. A model of a maker fills what lies between the common model and the meter.
 */
function fixedWords(profile: ModbusProfile): readonly Pick<Guard, 'address' | 'words'>[] {
  const [model] = profile.guards
  if (!model || !profile.name.startsWith('sunspec-')) return profile.guards
  const end = model.address + 2 + (model.words[1] ?? 0)
  const filled = model.address - (SUNSPEC_BASE + 4 + COMMON_LENGTH)
  const common = filled < 2 ? COMMON_LENGTH + filled : COMMON_LENGTH
  const filler = { address: SUNSPEC_BASE + 4 + common, words: [MAKERS_MODEL, filled - 2] }
  return [
    { address: SUNSPEC_BASE, words: [0x5375, 0x6e53, 1, common] },
    ...(filled < 2 ? [] : [filler]),
    ...profile.guards,
    { address: end, words: [0xffff, 0] },
  ]
}

function wordsFor(
  value: ReturnType<ItemValues>,
  shape: Shape,
  profile: ModbusProfile,
  factor: number,
): readonly number[] {
  const words = value && writeShape(shape, value, profile.order, factor)
  if (words) return words
  // What the meter has not, or cannot say in so few bits.
  const isSunSpec = scaleAddress(shape) !== null
  return new Array<number>(wordsOf(shape)).fill(isSunSpec ? NOT_IMPLEMENTED : 0)
}

function scaleAddress(shape: Shape): number | null {
  return shape.kind === 'integer' ? shape.scaleAt : null
}

function wordsOf(shape: Shape): number {
  if (shape.kind === 'float' || shape.type.endsWith('32')) return 2
  return shape.type.endsWith('64') ? 4 : 1
}

/** SunSpec's sunssf: hundredths of A and Hz, tenths of V; W, var, VA and Wh as they are. */
function scaleFactorOf(code: string): number {
  if (/^[357]1\.7\.0$|^14\.7\.0$/.test(code)) return -2
  return /^[357]2\.7\.0$/.test(code) ? -1 : 0
}
