import { itemOf, type RelayAction } from '#protocols/model'
import { lintFaults } from './lint.ts'
import type { AddressRange, Guard, ModbusProfile, PointRow } from './profile.ts'
import { FieldReader, type ProfileFault } from './profile-fields.ts'
import { profileOf } from './profiles.ts'
import { f32, integerTypes, type Shape, wordOrders } from './shape.ts'
import { WRITES_MAX, type WriteRow, writeEffects } from './writes.ts'

export type ParsedProfile =
  | { readonly ok: true; readonly profile: ModbusProfile }
  | { readonly ok: false; readonly faults: readonly ProfileFault[] }

const headFields = [
  'name',
  'title',
  'functionCode',
  'wordOrder',
  'blockMax',
  'gapMax',
  'forbidden',
  'guards',
  'points',
  'writes',
]
const pointFields = [
  'item',
  'address',
  'type',
  'exponent',
  'decimals',
  'scaleAt',
  'absent',
  'negated',
]
const guardFields = ['address', 'words', 'meaning']
const writeFields = ['functionCode', 'address', 'count', 'effect', 'meaning', 'words', 'order']
const types = ['f32', ...integerTypes] as const
const actions: readonly RelayAction[] = [
  'trip',
  'allow-close',
  'close',
  'alarm',
  'clear-alarm',
  'protect',
  'unprotect',
]
const ADDRESS_MAX = 0xffff
const BLOCK_MAX = 125
const EXPONENT_MAX = 6
const DECIMALS_MAX = 6
const ABSENT = /^-?(?:0x[0-9a-f]{1,16}|\d{1,20})$/i

type Say = (row: string, field: string, message: string) => void

/**
 * A register map that a user wrote, as its YAML or JSON was parsed. Every mistake is told with its
 * file, row and field: first those of the fields, then what the linter finds in the sound rows.
 */
export function parseProfile(file: string, data: unknown): ParsedProfile {
  const faults: ProfileFault[] = []
  const say: Say = (row, field, message) => faults.push({ file, row, field, message })
  const { profile, places } = readHead(data, say)
  const told = new Set(faults.map(({ row, field }) => `${row}:${field}`))
  const isListBroken = faults.some(({ row }) => row.startsWith('points '))
  for (const { row, field, text } of lintFaults(profile)) {
    const where = places.get(row) ?? row
    const follows = told.has(`${where}:${field}`) || (isListBroken && field === 'points')
    if (!follows) say(where, field, text)
  }
  const taken = takenName(profile.name)
  if (taken !== null) say('head', 'name', taken)
  return faults.length === 0 ? { ok: true, profile } : { ok: false, faults }
}

/** Two maps of one name would read one meter in two ways, and one of them wrongly. */
function takenName(name: string): string | null {
  if (name.startsWith('sunspec')) {
    return `${name} begins as the maps of SunSpec do; give this one another name`
  }
  if (!profileOf(name)) return null
  return `${name} is a map that the product brings; give this one another name`
}

/** A map of the sound rows, and where the rows that the linter counts stand in the file. */
interface ReadHead {
  readonly profile: ModbusProfile
  readonly places: ReadonlyMap<string, string>
}

function readHead(data: unknown, say: Say): ReadHead {
  const head = new FieldReader(data, headFields, (field, text) => say('head', field, text))
  const blockMax = head.integer('blockMax', 1, BLOCK_MAX, BLOCK_MAX)
  const places = new Map<string, string>()
  const rows = <Row>(list: string, read: (row: unknown, where: string, say: Say) => Row | null) => {
    const found: Row[] = []
    for (const [index, row] of head.list(list).entries()) {
      const where = `${list} ${index + 1}`
      let isSound = true
      const each = read(row, where, (...fault) => {
        isSound = false
        say(...fault)
      })
      if (each === null || !isSound) continue
      found.push(each)
      places.set(`${list} ${found.length}`, where)
    }
    return found
  }
  const writes = rows('writes', readWrite)
  const name = head.text('name')
  const profile = {
    name,
    title: head.has('title') ? head.text('title') : name,
    functionCode: head.choice('functionCode', [3, 4] as const) ?? 3,
    order: head.choice('wordOrder', wordOrders, 'ABCD') ?? 'ABCD',
    blockMax,
    gapMax: head.integer('gapMax', 0, blockMax, 0),
    forbidden: rows('forbidden', readRange),
    guards: rows('guards', readGuard),
    points: rows('points', readPoint),
    ...(writes.length > 0 ? { writes } : {}),
  }
  return { profile, places }
}

function readRange(row: unknown, where: string, say: Say): AddressRange | null {
  const [first, last] = Array.isArray(row) ? row : []
  const isAddress = (value: unknown): value is number => {
    return (
      typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= ADDRESS_MAX
    )
  }
  if (isAddress(first) && isAddress(last)) return [first, last]
  say(where, '', 'must be the first and the last address of a range')
  return null
}

function readGuard(row: unknown, where: string, say: Say): Guard {
  const fields = new FieldReader(row, guardFields, (field, text) => say(where, field, text))
  const words = fields.words('words')
  if (words.length === 0) say(where, 'words', 'must have one number or more')
  const meaning = fields.text('meaning')
  return { address: fields.integer('address', 0, ADDRESS_MAX), words, meaning }
}

function readPoint(row: unknown, where: string, say: Say): PointRow | null {
  const fields = new FieldReader(row, pointFields, (field, text) => say(where, field, text))
  const code = fields.text('item')
  const item = itemOf(code)
  if (!item && code !== '')
    say(where, 'item', `${code} is no code of the register model, such as 1.8.0 or 32.7.0`)
  const address = fields.integer('address', 0, ADDRESS_MAX)
  const shape = readShapeOf(fields, (field, text) => say(where, field, text))
  return item && shape ? [item.code, address, shape] : null
}

function readShapeOf(
  fields: FieldReader,
  say: (field: string, message: string) => void,
): Shape | null {
  const type = fields.choice('type', types)
  const exponent = fields.integer('exponent', -EXPONENT_MAX, EXPONENT_MAX, 0)
  const negated = fields.flag('negated') ? ({ negated: true } as const) : {}
  if (type === undefined) return null
  if (type === 'f32') {
    for (const field of ['scaleAt', 'absent']) {
      if (fields.has(field)) say(field, 'belongs to integers; a float says NaN')
    }
    return { ...f32(fields.integer('decimals', 0, DECIMALS_MAX, 3), exponent), ...negated }
  }
  if (fields.has('decimals')) say('decimals', 'belongs to floats; an integer has an exponent')
  const scaleAt = fields.has('scaleAt') ? fields.integer('scaleAt', 0, ADDRESS_MAX) : null
  return { kind: 'integer', type, exponent, scaleAt, absent: absentOf(fields, say), ...negated }
}

/** Written as a text, because 64 bits are more than a number of YAML or JSON keeps. */
function absentOf(
  fields: FieldReader,
  say: (field: string, message: string) => void,
): bigint | null {
  if (!fields.has('absent')) return null
  const text = fields.text('absent')
  if (ABSENT.test(text)) return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text)
  if (text !== '') say('absent', "must be a whole number as a text, such as '0xFFFF'")
  return null
}

function readWrite(row: unknown, where: string, say: Say): WriteRow | null {
  const fields = new FieldReader(row, writeFields, (field, text) => say(where, field, text))
  const functionCode = fields.choice('functionCode', [6, 16] as const)
  const address = fields.integer('address', 0, ADDRESS_MAX)
  const count = fields.integer('count', 1, WRITES_MAX, 1)
  const effect = fields.choice('effect', writeEffects)
  const meaning = fields.text('meaning')
  const order = fields.has('order') ? fields.choice('order', actions) : undefined
  const words = fields.has('words') ? fields.words('words') : undefined
  if (functionCode === undefined || effect === undefined) return null
  return {
    functionCode,
    address,
    count,
    effect,
    meaning,
    ...(words ? { words } : {}),
    ...(order ? { order } : {}),
  }
}
