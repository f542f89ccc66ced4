import type { Writer } from '#protocols/bytes'
import {
  type Codec,
  choice,
  hexOf,
  leaf,
  list,
  nothing,
  octets,
  sequence,
  uint8,
  uint16,
  uint32,
} from './codec-parts.ts'
import { dateTimeS } from './moments.ts'
import { methodWords, objectWords } from './names.ts'
import type { Data } from './value.ts'

/** An object attribute descriptor (OAD), 8 hex digits: OI, attribute, index. */
export const oad: Codec<string> = {
  read(from) {
    const value = plainOad.read(from)
    from.subject = value
    return value
  },
  write: plainOadWrite,
}

/** An object method descriptor (OMD), 8 hex digits: OI, method, mode of operation. */
export const omd: Codec<string> = hexOf(4, (hex) => `${hex} ${methodWords(hex)}`.trimEnd())

/** A column of a record (CSD): an attribute, or the attributes kept with a record of another one. */
export interface Column {
  readonly oad: string
  /** Null for a plain OAD; for a ROAD the attributes that it relates (关联). */
  readonly related: readonly string[] | null
}

export const road = sequence({ object: oad, related: list(oad) })

const csdChoice = choice({ OAD: [0, oad], ROAD: [1, road] })

export const csd: Codec<Column> = {
  read(from) {
    const { kind, value } = csdChoice.read(from)
    if (kind === 'OAD') return { oad: value, related: null }
    return { oad: value.object, related: value.related }
  },
  write(to, { oad: object, related }) {
    if (related === null) csdChoice.write(to, { kind: 'OAD', value: object })
    else csdChoice.write(to, { kind: 'ROAD', value: { object, related } })
  },
}

export const rcsd = list(csd)

/** A span of time (TI): so many seconds, minutes, hours, days, months or years. */
export interface Interval {
  readonly unit: 'second' | 'minute' | 'hour' | 'day' | 'month' | 'year'
  readonly count: number
}

const units = ['second', 'minute', 'hour', 'day', 'month', 'year'] as const

export const ti: Codec<Interval> = leaf(
  {
    read(from) {
      const unit = units[from.uint8()]
      if (!unit) from.fail()
      return { unit: unit ?? 'second', count: from.uint16() }
    },
    write: (to, { unit, count }) => to.uint8(units.indexOf(unit)).uint16(count),
  },
  ({ unit, count }) => `${count} ${unit}${count === 1 ? '' : 's'}`,
)

/** Settings of a serial port (COMDCB): codes of the standard for each. */
export const comdcb = sequence({
  baud: uint8,
  parity: uint8,
  dataBits: uint8,
  stopBits: uint8,
  flow: uint8,
})

/** A security identifier (SID) as the cipher machine gives it. */
export const sid = sequence({ id: uint32, attached: octets })
export const sidMac = sequence({ sid, mac: octets })

export type Comdcb = ReturnType<typeof comdcb.read>

const plainOad = hexOf(4, (hex) => `${hex} ${objectWords(hex)}`.trimEnd())

function plainOadWrite(to: Writer, value: string): void {
  plainOad.write(to, value)
}

/** The attributes that the values of a row are of, in order. */
export function attributesOf(columns: readonly Column[]): readonly string[] {
  return columns.flatMap(({ oad: object, related }) => related ?? [object])
}

/**
 * What selects rows and meters. It holds values, and values may hold it: the codec of a value is
 * given, so that neither file needs the other.
 */
export function makeSelectors(data: Codec<Data>) {
  const region = sequence({ bounds: uint8, from: data, to: data })

  /** Which meters of a terminal (MS). */
  const ms = choice({
    none: [0, nothing],
    all: [1, nothing],
    types: [2, list(uint8)],
    addresses: [3, list(octets)],
    numbers: [4, list(uint16)],
    typeRegions: [5, list(region)],
    addressRegions: [6, list(region)],
    numberRegions: [7, list(region)],
  })

  const selector1 = sequence({ object: oad, value: data })
  const selector2 = sequence({ object: oad, from: data, to: data, interval: data })
  const momentOfMeters = sequence({ time: dateTimeS, meters: ms })
  const spanOfMeters = sequence({ from: dateTimeS, to: dateTimeS, interval: ti, meters: ms })

  /** Which rows of a record table (RSD), selectors 0 to 10. */
  const rsd = choice({
    all: [0, nothing],
    equal: [1, selector1],
    between: [2, selector2],
    betweens: [3, list(selector2)],
    startedAt: [4, momentOfMeters],
    storedAt: [5, momentOfMeters],
    startedBetween: [6, spanOfMeters],
    storedBetween: [7, spanOfMeters],
    succeededBetween: [8, spanOfMeters],
    nthLast: [9, uint8],
    lastOfMeters: [10, sequence({ count: uint8, meters: ms })],
  })

  return { region, ms, rsd }
}
