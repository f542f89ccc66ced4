/** The list of meters that a terminal reads (终端电能表配置, 04 F10 and 0A F10). */

import type { Reading, Value } from '#protocols/model'
import { parseAddress } from './address.ts'
import { requestTo } from './plan.ts'
import type { Gdw376Request } from './request.ts'
import { writeData } from './slave.ts'
import { functions } from './table.ts'

/** An entry of the list. What stands in `rest` is kept as the terminal had it. */
export interface ListedMeter {
  readonly number: number
  readonly point: number
  readonly address: string
  readonly rest: ListedRest
}

interface ListedRest {
  /** Three bits of speed, five of port, in hex. */
  readonly line: string
  readonly protocol: number
  readonly password: string
  readonly rates: number
  readonly digits: string
  readonly collector: string
  readonly customerClass: string
}

/** DL/T 645-2007 at 2,400 baud on port 1, four rates, a single-phase household. */
export const usualMeter: ListedRest = {
  line: '61',
  protocol: 30,
  password: '000000000000',
  rates: 4,
  digits: '09',
  collector: '000000000000',
  customerClass: '51',
}

/** Numbers that are asked for in one frame: so many entries fit into the answer. */
export const listedAtOnce = 16
const fn = 10
const fields = 10

/** The item that asks for the entries of these numbers. */
export const listItem = (from: number, to: number): string => `0A-F${fn}:${from}-${to}`

/** The entries in an answer to it. */
export function listedIn(readings: readonly Reading[]): readonly ListedMeter[] {
  const listed: ListedMeter[] = []
  for (let at = 0; at + fields <= readings.length; at += fields) {
    const values = readings.slice(at, at + fields).map(({ value }) => value)
    const [number, point, line, protocol, address, password, rates, digits, collector, kind] =
      values
    listed.push({
      number: numberIn(number),
      point: numberIn(point),
      address: textIn(address),
      rest: {
        line: textIn(line),
        protocol: numberIn(protocol),
        password: textIn(password),
        rates: numberIn(rates),
        digits: textIn(digits),
        collector: textIn(collector),
        customerClass: textIn(kind),
      },
    })
  }
  return listed
}

/** Enters meters in the list, each at its number. Null for what fits no field. */
export function enterMeters(
  terminal: string,
  meters: readonly ListedMeter[],
  password: string | null,
): Gdw376Request | null {
  const address = parseAddress(terminal)
  const values = meters.flatMap(({ number, point, address: meter, rest }) => [
    whole(number),
    whole(point),
    text(rest.line),
    whole(rest.protocol),
    text(meter),
    text(rest.password),
    whole(rest.rates),
    text(rest.digits),
    text(rest.collector),
    text(rest.customerClass),
  ])
  const data = writeData(functions.set, fn, [whole(meters.length), ...values])
  if (!address || !data) return null
  return requestTo(address, functions.set, [{ pn: 0, fn, data }], { password })
}

const whole = (digits: number): Value => ({ kind: 'number', digits, scale: 0 })
const text = (value: string): Value => ({ kind: 'text', text: value })

function numberIn(value: Value | undefined): number {
  if (value?.kind === 'number') return value.digits
  return value?.kind === 'text' ? Number(value.text) : 0
}

const textIn = (value: Value | undefined): string => {
  if (value?.kind === 'text') return value.text
  return value?.kind === 'number' ? String(value.digits) : ''
}
