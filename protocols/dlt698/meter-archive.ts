/** The archive of meters that a terminal collects (采集档案配置表, 6000). */

import { fromHex, toHex } from '#protocols/bytes'
import type { Dlt698Response } from './answer.ts'
import { joined } from './answer-values.ts'
import { apdu } from './apdu.ts'
import { clientOf } from './plan.ts'
import type { Dlt698Request } from './request.ts'
import type { Data } from './value.ts'

/** An entry of the archive by its number (配置序号). */
export interface ArchivedMeter {
  readonly number: number
  readonly address: string
  /** The basic object as the terminal has it; null for one that is new. */
  readonly basic: Data | null
}

const archive = '60000200'
const addMethod = '60007F00'
const updateMethod = '60008100'
const deleteMethod = '60008300'

export function askArchive(terminal: string, piid: number): Dlt698Request {
  return asked(terminal, apdu('GetRequestNormal', piid, { object: archive }))
}

/** The entries in an answer; null where it is no archive. */
export function archivedIn(parts: readonly Dlt698Response[]): readonly ArchivedMeter[] | null {
  const whole = joined(parts)
  if (!whole.ok) return null
  const { service, body } = whole.apdu
  const results =
    service === 'GetResponseNormal'
      ? [body]
      : service === 'GetResponseNormalList'
        ? body.results
        : []
  const values = results.flatMap(({ result }) => (result.kind === 'data' ? [result.value] : []))
  if (values.length === 0 || values.some(({ type }) => type !== 'array')) return null
  return values.flatMap((value) => (value.type === 'array' ? value.items.flatMap(entryOf) : []))
}

/** Enters a meter, or gives the entry of its number another address. */
export function enterMeter(
  terminal: string,
  { number, address, basic }: ArchivedMeter,
  piid: number,
): Dlt698Request | null {
  const tsa = tsaOf(address)
  if (!tsa) return null
  if (basic?.type === 'structure') {
    const [, ...rest] = basic.items
    const value = structure([word(number), structure([tsa, ...rest])])
    return asked(terminal, apdu('ActionRequest', piid, { method: updateMethod, value }))
  }
  const unit = structure([word(number), usualBasic(tsa), usualExtended(), array([])])
  return asked(terminal, apdu('ActionRequest', piid, { method: addMethod, value: unit }))
}

export function removeMeter(terminal: string, number: number, piid: number): Dlt698Request {
  const value = word(number)
  return asked(terminal, apdu('ActionRequest', piid, { method: deleteMethod, value }))
}

function asked(
  address: string,
  request: Extract<Dlt698Request, { kind: 'apdu' }>['apdu'],
): Dlt698Request {
  const client = clientOf({ address, profile: null })
  return { kind: 'apdu', address, client, apdu: request }
}

function entryOf(entry: Data): readonly ArchivedMeter[] {
  if (entry.type !== 'structure') return []
  const [number, basic] = entry.items
  const [tsa] = basic?.type === 'structure' ? basic.items : []
  if (number?.type !== 'long-unsigned' || tsa?.type !== 'TSA' || !basic) return []
  return [{ number: number.value, address: toHex(tsa.bytes.subarray(1)), basic }]
}

const structure = (items: readonly Data[]): Data => ({ type: 'structure', items })
const array = (items: readonly Data[]): Data => ({ type: 'array', items })
const word = (value: number): Data => ({ type: 'long-unsigned', value })
const small = (value: number): Data => ({ type: 'unsigned', value })
const choice = (value: number): Data => ({ type: 'enum', value })
const octets = (hex: string): Data => ({ type: 'octet-string', bytes: bytesOf(hex) })

function tsaOf(address: string): Data | null {
  const digits = fromHex(address)
  if (!digits || digits.length === 0) return null
  return { type: 'TSA', bytes: Uint8Array.of(digits.length - 1, ...digits) }
}

const baud9600 = 6
const dlt69845 = 3
const firstRs485 = 'F2010201'
const rates = 4
const household = 6
const singlePhase = 1
const nominalDeciVolt = 2_200
const nominalDeciAmpere = 50

function usualBasic(tsa: Data): Data {
  return structure([
    tsa,
    choice(baud9600),
    choice(dlt69845),
    { type: 'OAD', bytes: bytesOf(firstRs485) },
    octets(''),
    small(rates),
    small(household),
    choice(singlePhase),
    word(nominalDeciVolt),
    word(nominalDeciAmpere),
  ])
}

/** Collector, asset number, and the ratios of voltage and current. */
function usualExtended(): Data {
  return structure([tsaOf('000000000000') ?? octets(''), octets(''), word(1), word(1)])
}

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex) ?? new Uint8Array(0)
}
