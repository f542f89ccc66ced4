import { hexPair } from '#protocols/bytes'
import { type ItemCode, itemOf } from '#protocols/model'
import { fieldRows, type Layout, readFrom, rows } from './table.ts'

/** What an attribute's value is. */
export interface Attribute {
  readonly object: string
  readonly layout: Layout
  readonly decimals: number
  readonly unit: string
  readonly name: string
  readonly codes: readonly string[]
}

/** One value of an attribute. */
export interface Element {
  readonly item: ItemCode | null
  readonly name: string
  readonly unit: string
  readonly decimals: number
  /** Decimals by which the standard's unit, in which a float comes, is smaller than `unit`. */
  readonly shift: number
}

/** Powers are in W, var and VA by the standard, in thousands of them here. */
const inThousands = /^200[4-7]/

const attributes = new Map<string, Attribute>(
  rows.map(([object, layout, codes, decimals, unit, name]) => [
    object,
    { object, layout, decimals, unit, name, codes: codes.split(' ').filter((code) => code !== '') },
  ]),
)

const indexMask = 0x1f
const ratesMax = 63

/** The attribute of an OAD, whatever its feature (属性特征) and index; undefined for unknown ones. */
export function attributeOf(oad: string): Attribute | undefined {
  const plain = attributes.get(oad.slice(0, 6))
  if (plain) return plain
  const number = Number.parseInt(oad.slice(4, 6), 16) & indexMask
  return attributes.get(oad.slice(0, 4) + hexPair(number))
}

/** The element at an index, counted from 1. */
export function elementOf(attribute: Attribute, index: number): Element {
  const { layout, codes, decimals, unit, name, object } = attribute
  const shift = inThousands.test(object) ? 3 : 0
  switch (layout) {
    case 'rates':
    case 'demands': {
      const code = (codes[0] ?? '').replace('#', String(index - 1))
      return element(code, index === 1 ? name : `${name}, rate ${index - 1}`, unit, decimals, shift)
    }
    case 'fields': {
      const [code, places, own, title] = fieldRows[attribute.object]?.[index - 1] ?? noField
      return element(code, title === '' ? `${name}, member ${index}` : title, own, places, shift)
    }
    default: {
      const code = codes[index - 1] ?? ''
      return element(code, codes.length > 1 ? `${name} ${index}` : name, unit, decimals, shift)
    }
  }
}

const noField = ['', 0, '', ''] as const

function element(
  code: string,
  name: string,
  unit: string,
  decimals: number,
  shift: number,
): Element {
  const item = itemOf(code)
  if (!item) return { item: null, name, unit, decimals, shift }
  return { item: item.code, name: item.en, unit: item.unit, decimals, shift }
}

const oadByCode = new Map<string, string>()
for (const attribute of attributes.values()) {
  for (let index = 1; index <= ratesMax; index++) {
    const { item } = elementOf(attribute, index)
    const isAlone =
      attribute.layout === 'one' || ['clock', 'hex', 'text'].includes(attribute.layout)
    if (item && !oadByCode.has(item)) {
      oadByCode.set(item, attribute.object + hexPair(isAlone ? 0 : index))
    }
  }
}
for (const [code, oad] of Object.entries(readFrom)) oadByCode.set(code, oad)

/** The OAD that a code of the register model is read from; undefined where there is none. */
export function oadOf(code: string): string | undefined {
  return oadByCode.get(code)
}

/** How record tables are sorted into series (数据类). */
const classes = {
  '5000': 'interval',
  '5001': 'interval',
  '5002': 'interval',
  '5003': 'interval',
  '5004': 'daily',
  '5005': 'monthly',
  '5006': 'monthly',
} as const

export type FreezeObject = keyof typeof classes

export function freezeOf(oad: string): FreezeObject | undefined {
  const object = oad.slice(0, 4)
  return object in classes ? (object as FreezeObject) : undefined
}

export function classOf(freeze: FreezeObject): (typeof classes)[FreezeObject] {
  return classes[freeze]
}

export function isEvent(oad: string): boolean {
  return /^3[01]/.test(oad)
}

/** The record table of an event: attribute 2, of interface class 24 the attributes 6 to 9. */
export function isEventTable(oad: string): boolean {
  return /^3[0-2][\dA-F]{2}0[26789]/.test(oad)
}

export const freezeTime = '20210200'
export const eventTime = '201E0200'
export const eventEnd = '20200200'
export const eventNumber = '20220200'
export const meterAddress = '202A0200'
/** When a terminal stored what it collected (采集存储时标). */
export const storeTime = '60420200'
