import { fromHex } from '#protocols/bytes'
import { type Dlt698Data, moment } from '#protocols/dlt698'
import type { MeterTime } from '#protocols/model'
import type { SimulatedMeter } from '#simulators/meter'
import { type Answered, array, dars, elementAt, number, structure } from './dlt698-values.ts'

const done = 0
const ENTRIES_MAX = 2_040

type Method = 'add' | 'add-all' | 'update' | 'delete' | 'clear'

/** What a terminal was told to keep, by the number in front of each entry (集合, class 11). */
export class Dlt698Collection {
  readonly #entries = new Map<number, Dlt698Data>()
  readonly #methods: Readonly<Record<number, Method>>

  constructor(entries: readonly Dlt698Data[], methods: Readonly<Record<number, Method>>) {
    this.#methods = methods
    for (const entry of entries) this.#add(entry)
  }

  get(oad: string): Answered {
    const attribute = Number.parseInt(oad.slice(4, 6), 16) & 31
    const sorted = [...this.#entries].toSorted(([left], [right]) => left - right)
    const entries = array(sorted.map(([, entry]) => entry))
    const counts = [this.#entries.size, ENTRIES_MAX].map((count) => number('long-unsigned', count))
    return elementAt([entries, ...counts][attribute - 2] ?? null, oad)
  }

  call(method: number, value: Dlt698Data): number {
    switch (this.#methods[method]) {
      case 'add':
        return this.#add(value)
      case 'add-all':
        return this.#each(value, (entry) => this.#add(entry))
      case 'update':
        return this.#update(value)
      case 'delete':
        return this.#each(value, (entry) => this.#delete(entry))
      case 'clear':
        this.#entries.clear()
        return done
      default:
        return dars.undefinedObject
    }
  }

  #each(value: Dlt698Data, act: (entry: Dlt698Data) => number): number {
    if (value.type !== 'array') return act(value)
    return value.items.map(act).find((dar) => dar !== done) ?? done
  }

  #add(entry: Dlt698Data): number {
    const [place] = entry.type === 'structure' ? entry.items : []
    const key = numberIn(place)
    if (key === null) return dars.type
    if (!this.#entries.has(key) && this.#entries.size >= ENTRIES_MAX) return dars.range
    this.#entries.set(key, entry)
    return done
  }

  /** The basic object of the entry with this number (方法 129). */
  #update(given: Dlt698Data): number {
    const [place, basic] = given.type === 'structure' ? given.items : []
    const key = numberIn(place)
    const entry = key === null ? undefined : this.#entries.get(key)
    if (key === null || !basic) return dars.type
    if (entry?.type !== 'structure') return dars.range
    const [number_, , ...rest] = entry.items
    this.#entries.set(key, structure([number_ ?? given, basic, ...rest]))
    return done
  }

  #delete(place: Dlt698Data): number {
    const key = numberIn(place)
    if (key === null) return dars.type
    return this.#entries.delete(key) ? done : dars.range
  }
}

function numberIn(value: Dlt698Data | undefined): number | null {
  return value?.type === 'unsigned' || value?.type === 'long-unsigned' ? value.value : null
}

/** Methods of the archive (6000), of tasks (6012) and of schemes (6014). */
const archiveMethods = {
  127: 'add',
  128: 'add-all',
  129: 'update',
  131: 'delete',
  134: 'clear',
} as const
const listMethods = { 127: 'add-all', 128: 'delete', 129: 'clear' } as const

/** The archive, tasks and schemes of a terminal with these meters behind it. */
export function collectionsOf(
  meters: readonly SimulatedMeter[],
): ReadonlyMap<string, Dlt698Collection> {
  const units = meters.map((meter, index) => archiveUnit(meter, index + 1))
  return new Map([
    ['6000', new Dlt698Collection(units, archiveMethods)],
    ['6012', new Dlt698Collection(tasks, listMethods)],
    ['6014', new Dlt698Collection(schemes, listMethods)],
  ])
}

/** An address with the length of it less one in front (TSA). */
export function tsaOf(address: string): Dlt698Data {
  const digits = fromHex(address) ?? new Uint8Array(0)
  return { type: 'TSA', bytes: Uint8Array.of(digits.length - 1, ...digits) }
}

const BAUD_9600 = 6
const DLT_698_45 = 3
const FIRST_RS485 = 'F2010201'
const RATES = 4
/** Customers of a household, and all others (用户类型). */
const userTypes = { single: 6, three: 4 } as const
const RATED_CURRENT_DECI_A = 50

/** 采集档案配置单元. */
function archiveUnit({ spec }: SimulatedMeter, place: number): Dlt698Data {
  const { address, phases, nominalDeciV } = spec
  const basic = structure([
    tsaOf(address),
    number('enum', BAUD_9600),
    number('enum', DLT_698_45),
    { type: 'OAD', bytes: fromHex(FIRST_RS485) ?? new Uint8Array(4) },
    octets(''),
    number('unsigned', RATES),
    number('unsigned', phases === 1 ? userTypes.single : userTypes.three),
    number('enum', phases === 1 ? 1 : 3),
    number('long-unsigned', nominalDeciV),
    number('long-unsigned', RATED_CURRENT_DECI_A),
  ])
  const extended = structure([
    tsaOf('000000000000'),
    octets(''),
    number('long-unsigned', 1),
    number('long-unsigned', 1),
  ])
  return structure([number('long-unsigned', place), basic, extended, array([])])
}

function octets(hex: string): Dlt698Data {
  return { type: 'octet-string', bytes: fromHex(hex) ?? new Uint8Array(0) }
}

const intervalUnits = { minutes: 1, days: 3 } as const

function every(unit: keyof typeof intervalUnits, count: number): Dlt698Data {
  return { type: 'TI', bytes: Uint8Array.of(intervalUnits[unit], count >> 8, count & 0xff) }
}

const begin: MeterTime = { year: 2022, month: 1, day: 1, hour: 0, minute: 0, second: 0 }
const end: MeterTime = { year: 2099, month: 9, day: 9, hour: 23, minute: 59, second: 59 }

/** 任务配置单元: a scheme of the usual kind, carried out so often. */
function task(id: number, interval: Dlt698Data): Dlt698Data {
  const wholeDay = structure([0, 0, 23, 59].map((part) => number('unsigned', part)))
  return structure([
    number('unsigned', id),
    interval,
    number('enum', 1),
    number('unsigned', id),
    moment(begin),
    moment(end),
    every('minutes', 5),
    number('enum', 2),
    number('enum', 1),
    number('long-unsigned', 0),
    number('long-unsigned', 0),
    structure([number('enum', 0), array([wholeDay])]),
  ])
}

/** The freeze of each day, and the curve of each quarter hour. */
const tasks = [task(1, every('days', 1)), task(2, every('minutes', 15))]

/** 普通采集方案: by the time of the freeze, of all meters, kept under the midnight of the day. */
function scheme(id: number, table: string, columns: readonly string[]): Dlt698Data {
  const road = `01${table}${columns.length.toString(16).padStart(2, '0')}${columns.join('')}`
  return structure([
    number('unsigned', id),
    number('long-unsigned', 31),
    structure([number('unsigned', 2), { type: 'null' }]),
    array([{ type: 'CSD', bytes: fromHex(road) ?? new Uint8Array(0) }]),
    { type: 'MS', bytes: Uint8Array.of(1) },
    number('enum', id === 1 ? 3 : 1),
  ])
}

const schemes = [
  scheme(1, '50040200', ['20210200', '00100200', '00200200']),
  scheme(2, '50020200', ['20210200', '00100200', '20000200', '20010200', '20040200']),
]
