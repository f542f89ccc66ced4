import type { Edition } from '#protocols/dlt645'
import { dlt698 } from '#protocols/dlt698'
import { gdw376 } from '#protocols/gdw376'
import { modbus } from '#protocols/modbus'
import { type ProtocolName, type Reading, valueText } from '#protocols/model'
import { type Clock, fail, ok, type Result } from '#src/core'
import { Survey } from '../field/survey.ts'
import type { FieldFailure, ScanWatcher } from '../field/types.ts'
import { sweepUnits } from '../field/units.ts'
import { meterReader } from '../readers/index.ts'
import { type Line, mobileLimits, RoundTripEstimate } from '../wire/index.ts'

/** How the meters of a channel are looked for. */
export type SearchWay =
  /** Everybody on a bus is asked, in one edition of DL/T 645 after the other. */
  | { readonly kind: 'dlt645'; readonly editions: readonly Edition[] }
  /** A terminal says which meters it was told of (终端档案). */
  | { readonly kind: 'gdw376' | 'dlt698'; readonly terminal: string }
  /** Every unit is asked. */
  | { readonly kind: 'modbus'; readonly units: readonly number[] }

export const usualSearch: SearchWay = { kind: 'dlt645', editions: ['dlt645-2007'] }

/** Places of the list of 376.1 that are asked for at once, and of the list at most. */
const PLACES_A_QUESTION = 8
const PLACES_MAX = 2_040
/** Lists are filled from the front: after so many empty questions nothing more is expected. */
const EMPTY_MAX = 2

const readers = {
  gdw376: meterReader(gdw376),
  modbus: meterReader(modbus),
  dlt698: meterReader(dlt698),
}

/** What terminals call the protocols of their meters. */
const protocolsOf376: Readonly<Record<string, ProtocolName>> = {
  1: 'dlt645-1997',
  30: 'dlt645-2007',
  31: 'dlt645-2007',
}
const protocolsOf698: Readonly<Record<string, ProtocolName>> = {
  1: 'dlt645-1997',
  2: 'dlt645-2007',
  3: 'dlt698',
}

/** Most of the questions of a search are answered by nobody: the wait has to follow the line. */
const learning = () => ({ ...mobileLimits, learned: new RoundTripEstimate() })

/** Looks for meters on a line that is lent. */
export function searchBy(
  way: SearchWay,
  line: Line,
  clock: Clock,
  watcher: ScanWatcher,
  signal: AbortSignal,
): Promise<Result<void, FieldFailure>> {
  switch (way.kind) {
    case 'dlt645':
      return new Survey(line, clock, learning(), way.editions).run(watcher, signal)
    case 'gdw376':
      return listOf376(way.terminal, line, watcher, signal)
    case 'dlt698':
      return listOf698(way.terminal, line, watcher, signal)
    case 'modbus': {
      const units = { line, protocol: modbus, reader: readers.modbus }
      return sweepUnits(units, { units: way.units, profile: null }, watcher, signal)
    }
  }
}

/** 0A F10, some places of the list after the other. */
async function listOf376(
  terminal: string,
  line: Line,
  watcher: ScanWatcher,
  signal: AbortSignal,
): Promise<Result<void, FieldFailure>> {
  let empty = 0
  for (let first = 1; first <= PLACES_MAX && empty < EMPTY_MAX; first += PLACES_A_QUESTION) {
    if (signal.aborted) break
    const last = Math.min(PLACES_MAX, first + PLACES_A_QUESTION - 1)
    watcher.trying(`archive of ${terminal}, ${first} to ${last}`)
    const meter = { address: terminal, profile: null }
    const items = [`0A-F10:${first}-${last}`]
    const readout = await readers.gdw376.read(line, meter, items, mobileLimits, signal)
    if (readout.failure !== null) return fail(readout.failure)
    // A terminal without meters at these places says that it has no such data.
    const entries = entriesOf376(readout.readings)
    empty = entries.length === 0 ? empty + 1 : 0
    for (const { point, protocol, address } of entries) {
      watcher.found({
        address,
        protocol: protocolsOf376[protocol] ?? 'gdw376',
        reading: null,
        roundTripMs: readout.roundTripMs,
        place: `${terminal}/${point}`,
      })
    }
  }
  return ok(undefined)
}

interface Entry376 {
  readonly point: string
  readonly protocol: string
  readonly address: string
}

/** Each entry begins with its number. */
export function entriesOf376(readings: readonly Reading[]): readonly Entry376[] {
  const entries: Map<string, string>[] = []
  for (const { name, value } of readings) {
    if (name === 'Number') entries.push(new Map())
    entries.at(-1)?.set(name, valueText(value) ?? '')
  }
  return entries.flatMap((entry) => {
    const point = entry.get('Metering point') ?? ''
    const address = entry.get('Address') ?? ''
    if (point === '' || point === '0') return []
    return [{ point, protocol: entry.get('Protocol') ?? '', address }]
  })
}

/** OI 6000, attribute 2: the whole archive in one answer, in as many parts as it takes. */
async function listOf698(
  terminal: string,
  line: Line,
  watcher: ScanWatcher,
  signal: AbortSignal,
): Promise<Result<void, FieldFailure>> {
  watcher.trying(`archive of ${terminal}`)
  const meter = { address: terminal, profile: null }
  const readout = await readers.dlt698.read(line, meter, ['60000200'], mobileLimits, signal)
  if (readout.failure !== null) return fail(readout.failure)
  const [refusal] = readout.refusals
  if (refusal !== undefined) return fail({ ...refusal, raw: new Uint8Array(0) })
  for (const { value } of readout.readings) {
    for (const { place, protocol, address } of entriesOf698(valueText(value) ?? '')) {
      watcher.found({
        address,
        protocol: protocolsOf698[protocol] ?? 'dlt698',
        reading: null,
        roundTripMs: readout.roundTripMs,
        place: `${terminal}/${place}`,
      })
    }
  }
  return ok(undefined)
}

/** `{number, {address, baud rate, protocol, …}, …}` of each entry, as its value is written. */
export function entriesOf698(text: string) {
  const entries = text.matchAll(/\{(\d+), \{([\dA-F]+), (?:\d*), (\d*),/g)
  return [...entries].map(([, place = '', tsa = '', protocol = '']) => {
    return { place, address: tsa.slice(2).padStart(12, '0'), protocol }
  })
}
