import { slave } from '#protocols/dlms'
import { items } from '#protocols/model'
import type { SimulatedMeter } from '#simulators/meter'
import type { MeterCounters } from './dlms-association.ts'
import { profileObis, profileOf, readProfile } from './dlms-profile.ts'
import { type Decimal, itemValues } from './item-values.ts'

const { octets, integer, structure, array, writeTime, readTime, unitCode, obisBytes } = slave.data

/** What the server side of the codec takes and gives; the same types as the client's. */
type Parsed = Extract<ReturnType<typeof slave.apdu.parse>, { ok: true }>['apdu']
export type Service = Extract<Parsed, { kind: 'service' }>['service']
type GetRequest = Extract<Service, { kind: 'get-request' }>
export type Target = GetRequest['targets'][number]
export type AccessResult = Extract<Service, { kind: 'get-response' }>['results'][number]
export type Data = Extract<AccessResult, { ok: true }>['data']

export const results = {
  done: 0,
  temporary: 2,
  denied: 3,
  undefined: 4,
  inconsistent: 9,
  unmatched: 12,
} as const
const TAG = { int32: 5, uint32: 6, int8: 15, uint16: 18, enum: 22 } as const
const CLASS = { data: 1, register: 3, maximum: 4, demand: 5, clock: 8, association: 15, relay: 70 }
const UINT32_MAX = 0xffff_ffff

/** How the disconnect control behaves (Blue Book, class 70): 2 closes from afar, 1 by the button. */
export type ControlMode = 0 | 1 | 2 | 3 | 4 | 5 | 6

const found = (data: Data): AccessResult => ({ ok: true, data })
const denied = (result: number): AccessResult => ({ ok: false, result })
const text = (value: string): Data =>
  octets(Uint8Array.from(value, (letter) => letter.charCodeAt(0)))

/** The objects of a meter: what each attribute holds, takes and does. */
export class DlmsObjects {
  readonly #meter: SimulatedMeter
  readonly #mode: ControlMode

  readonly #counters: MeterCounters

  constructor(meter: SimulatedMeter, mode: ControlMode, counters: MeterCounters) {
    this.#meter = meter
    this.#counters = counters
    this.#mode = mode
  }

  read(target: Target, nowMs: number): AccessResult {
    const { obis, classId, id } = target
    const held = this.#classOf(obis)
    if (held === null) return denied(results.undefined)
    if (held !== classId) return denied(results.inconsistent)
    if (id === 1) return found(octets(obisBytes(obis)))
    const profile = profileOf(obis)
    if (profile) return readProfile(this.#meter, profile, target, nowMs)
    const data = this.#attribute(obis, id, nowMs)
    return data ? found(data) : denied(results.denied)
  }

  #classOf(obis: string): number | null {
    if (fixed[obis] !== undefined) return fixed[obis]
    if (profileOf(obis)) return 7
    const code = codeOf(obis)
    if (code === null) return null
    if (code.startsWith('1.6.')) return demandRates.includes(code) ? CLASS.maximum : null
    return /\.[78]\./.test(code) ? CLASS.register : null
  }

  #attribute(obis: string, id: number, nowMs: number): Data | null {
    switch (obis) {
      case '0.0.42.0.0.255':
      case '0.0.96.1.0.255':
        return id === 2 ? text(this.#meter.address.replaceAll('/', '')) : null
      case '0.0.43.1.0.255':
        return id === 2 ? integer(TAG.uint32, this.#counters.client) : null
      case '0.0.1.0.0.255':
        return this.#clock(id, nowMs)
      case '0.0.40.0.0.255':
        return id === 2 ? this.#objectList() : null
      case '0.0.96.3.10.255':
        return this.#relay(id, nowMs)
      case '1.0.1.4.0.255': {
        const demand = { digits: this.#meter.presentDemandDeciW(nowMs), scale: 4 }
        if (id === 4) return scalerUnit(demand, 'kW')
        return id === 2 || id === 3 ? number(demand) : null
      }
      default:
        return this.#measured(obis, id, nowMs)
    }
  }

  #clock(id: number, nowMs: number): Data | null {
    // Without a deviation: the clock shows the civil time of its place.
    if (id === 2) return octets(writeTime(this.#meter.clock.wallAt(nowMs), undefined, 0))
    return id === 4 ? integer(17, 0) : null
  }

  #relay(id: number, nowMs: number): Data | null {
    const isClosed = this.#meter.isClosedAt(nowMs)
    if (id === 2) return { kind: 'boolean', value: isClosed }
    if (id === 4) return integer(TAG.enum, this.#mode)
    if (id !== 3) return null
    const isReady = this.#meter.supply.relay.phase === 'allowed'
    return integer(TAG.enum, isClosed ? 1 : isReady ? 2 : 0)
  }

  #measured(obis: string, id: number, nowMs: number): Data | null {
    const code = codeOf(obis) ?? ''
    const item = items.find((each) => each.code === code)
    if (!item) return null
    if (item.kind === 'demand') return this.#maximum(code, id, nowMs)
    const value = itemValues(this.#meter, nowMs)(item.code)
    if (!value) return null
    if (id === 3) return scalerUnit(value, item.unit)
    return id === 2 ? number(value) : null
  }

  /** The highest quarter hour since the month began. */
  #maximum(code: string, id: number, nowMs: number): Data | null {
    const month = this.#meter.settlement(0, nowMs)
    const demands = this.#meter.demandsBetween(month?.ms ?? nowMs, nowMs)
    const marks = [demands.import, ...demands.importRates]
    const mark = marks[demandRates.indexOf(code)]
    if (!mark) return null
    const value = { digits: mark.deciW, scale: 4 }
    if (id === 2) return number(value)
    if (id === 3) return scalerUnit(value, 'kW')
    return id === 5 && mark.wall ? octets(writeTime(mark.wall, undefined, 0)) : null
  }

  #objectList(): Data {
    const measured = items.flatMap(({ code }) => {
      const obis = `${code.startsWith('0.0.') ? code : `1.0.${code}`}.255`
      const classId = this.#classOf(obis)
      return classId === null ? [] : [[obis, classId] as const]
    })
    const others = Object.entries(fixed)
    const profiles = profileObis.map((obis) => [obis, 7] as const)
    const all = new Map<string, number>([...others, ...profiles, ...measured])
    return array(
      [...all].map(([obis, classId]) =>
        structure(
          integer(TAG.uint16, classId),
          integer(17, 0),
          octets(obisBytes(obis)),
          structure(array([]), array([])),
        ),
      ),
    )
  }

  write({ obis, classId, id }: Target, data: Data, nowMs: number): number {
    const held = this.#classOf(obis)
    if (held === null) return results.undefined
    if (held !== classId) return results.inconsistent
    if (classId !== CLASS.clock || id !== 2) return results.denied
    const time = data.kind === 'octets' || data.kind === 'moment' ? readTime(data.bytes) : null
    if (!time) return results.unmatched
    this.#meter.clock.set(time.wall, nowMs)
    return results.done
  }

  invoke({ obis, classId, id }: Target, nowMs: number): number {
    const held = this.#classOf(obis)
    if (held === null) return results.undefined
    if (held !== classId) return results.inconsistent
    if (classId !== CLASS.relay || (id !== 1 && id !== 2)) return results.denied
    if (this.#mode === 0) return id === 1 ? results.denied : results.done
    const closes = this.#mode === 2 || this.#mode === 4
    const command = id === 1 ? 'trip' : closes ? 'close' : 'allow-close'
    const answer = this.#meter.supply.order(command, 'dlms', nowMs)
    return 'done' in answer ? results.done : results.temporary
  }
}

const demandRates: readonly string[] = ['1.6.0', '1.6.1', '1.6.2', '1.6.3', '1.6.4']

const fixed: Readonly<Record<string, number>> = {
  '0.0.42.0.0.255': CLASS.data,
  '0.0.96.1.0.255': CLASS.data,
  '0.0.43.1.0.255': CLASS.data,
  '0.0.1.0.0.255': CLASS.clock,
  '0.0.40.0.0.255': CLASS.association,
  '0.0.96.3.10.255': CLASS.relay,
  '1.0.1.4.0.255': CLASS.demand,
}

/** What the public client may see. */
export const publicObis: ReadonlySet<string> = new Set([
  '0.0.42.0.0.255',
  '0.0.96.1.0.255',
  '0.0.43.1.0.255',
  '0.0.1.0.0.255',
  '0.0.40.0.0.255',
])

function codeOf(obis: string): string | null {
  const [a, b, c, d, e, f] = obis.split('.')
  return a === '1' && b === '0' && f === '255' ? `${c}.${d}.${e}` : null
}

/** A register's bare number; wide where a wide one is needed. */
function number({ digits }: Decimal): Data {
  if (digits > UINT32_MAX) return { kind: 'long64', tag: 21, value: BigInt(digits) }
  return integer(digits < 0 ? TAG.int32 : TAG.uint32, digits)
}

/** Units of thousands are sent in ones: kWh of three decimals are Wh of none. */
function scalerUnit({ scale }: Decimal, unit: string): Data {
  const shift = unit.startsWith('k') ? 3 : 0
  return structure(integer(TAG.int8, shift - scale), integer(TAG.enum, unitCode(unit)))
}
