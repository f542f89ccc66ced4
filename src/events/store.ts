import { isEventCode, type KnownEvent } from '#protocols/model'
import { type CivilTime, idOf, type MeterId } from '#src/core'
import type { Database, Db } from '#src/db'
import type { DeviceEventRecord } from '#src/outbox'
import { listEvents } from './list.ts'
import { phaseOf } from './phase.ts'
import {
  deleteEvents,
  type EventRow,
  eventsFrom,
  insertEvents,
  type KnownRow,
  knownOfDevices,
  knownOfTerminal,
  lockEvents,
  type SeriesKey,
  updateEvents,
  type WrittenEvent,
} from './queries.ts'
import { clearedAtOf, momentOf, type Settled, settle, type Told, tellingsOf } from './settle.ts'
import { isSpan, sightingOf } from './sighting.ts'
import type { DeviceEventStore, EventFilter, EventPlace, Sighting } from './types.ts'

/** What devices say happened, stored so that each event is one row. */
export function createDeviceEvents(db: Database, civil: CivilTime): DeviceEventStore {
  const known = (row: KnownRow): KnownEvent => ({
    series: row.series,
    phase: phaseOf(row.phase),
    sequence: row.sequence,
    at: civil.toWall(row.last_at),
    isOpen: row.is_open,
  })
  return {
    store: (events, tx) => storeEvents(events, tx),
    async knownOf(meters: readonly MeterId[]) {
      const rows = await knownOfDevices(
        db,
        meters.map((id) => `m${id}`),
      )
      const byMeter = Map.groupBy(rows, ({ device }): MeterId => idOf(Number(device.slice(1))))
      return new Map([...byMeter].map(([id, ofMeter]) => [id, ofMeter.map(known)]))
    },
    async knownFrom(toldBy: string) {
      return (await knownOfTerminal(db, toldBy)).map(known)
    },
    list: (filter: EventFilter, behind: EventPlace | null, limit: number) =>
      listEvents(db, filter, behind, limit),
  }
}

/** Told together with what is stored of the same series: rows change, come and go as that says. */
async function storeEvents(records: readonly DeviceEventRecord[], tx: Db): Promise<void> {
  const sightings = records.map(sightingOf)
  if (sightings.length === 0) return
  const told = Map.groupBy(sightings, keyOf)
  await lockEvents(tx)
  const series = [...told.values()].flatMap(([first, ...others]) =>
    first ? [{ ...keysOf(first), fromMs: earliest([first, ...others]) }] : [],
  )
  const stored = Map.groupBy(await eventsFrom(tx, series), rowKey)
  const gone: bigint[] = []
  const changed: WrittenEvent[] = []
  const fresh: WrittenEvent[] = []
  for (const [key, [first, ...others]] of told) {
    if (!first) continue
    const rows = stored.get(key) ?? []
    const before = new Map(rows.map((row) => [identity(settledOf(row)), row]))
    const told = [...rows.map(settledOf).flatMap(tellingsOf), ...[first, ...others].map(toldOf)]
    for (const event of settle(told)) {
      const row = before.get(identity(event))
      before.delete(identity(event))
      const written = writtenOf(event, first, row?.id ?? null)
      if (!row) fresh.push(written)
      else if (JSON.stringify(settledOf(row)) !== JSON.stringify(event)) changed.push(written)
    }
    gone.push(...[...before.values()].map(({ id }) => id))
  }
  if (gone.length > 0) await deleteEvents(tx, gone)
  if (changed.length > 0) await updateEvents(tx, changed)
  if (fresh.length > 0) await insertEvents(tx, fresh)
}

const deviceOf = ({ meterId, concentratorId }: Sighting) =>
  meterId === null ? `c${concentratorId}` : `m${meterId}`

function keysOf(sighting: Sighting): SeriesKey {
  return { device: deviceOf(sighting), series: sighting.series, phase: sighting.phase }
}

const keyOf = (sighting: Sighting) => rowKey(keysOf(sighting))
const rowKey = ({ device, series, phase }: SeriesKey) => `${device} ${phase} ${series}`

function earliest(sightings: readonly Sighting[]): number {
  const moments = sightings.flatMap(({ raisedAt, clearedAt }) => raisedAt ?? clearedAt ?? [])
  return Math.min(...moments, ...(moments.length === 0 ? [sightings[0]?.receivedAt ?? 0] : []))
}

/** What stays the same of an event whatever more is told of it. */
const identity = ({ told }: Settled) => `${momentOf(told)} ${told.serial}`

function toldOf(sighting: Sighting): Told {
  const { raisedAt, clearedAt, details, code, ...more } = sighting
  const { sequence, serial, receivedAt, source, toldBy, protocol, eventId, raw } = more
  const isEnd = raisedAt === null && clearedAt !== null
  return {
    edge: isEnd ? 'ended' : 'began',
    at: isEnd ? clearedAt : raisedAt,
    ownEnd: isEnd ? null : clearedAt,
    sequence,
    serial,
    receivedAt,
    source,
    toldBy,
    protocol,
    eventId,
    code,
    isSpan: isEventCode(code) && isSpan(code),
    details: JSON.stringify(details),
    raw,
  }
}

function settledOf(row: EventRow): Settled {
  const { raised_at, cleared_at, ended_by } = row
  const isEnd = raised_at === null && cleared_at !== null
  const { end, ownEnd } = ended_by === null ? withoutEnd(row) : endIn(ended_by)
  return {
    told: {
      edge: isEnd ? 'ended' : 'began',
      at: isEnd ? cleared_at : raised_at,
      ownEnd: isEnd ? null : ownEnd,
      sequence: row.sequence,
      serial: row.serial,
      receivedAt: row.received_at,
      source: row.source,
      toldBy: row.told_by,
      protocol: row.protocol,
      eventId: row.event_id,
      code: row.code,
      isSpan: row.is_span,
      details: row.details,
      raw: row.raw,
    },
    end,
    superseded: row.superseded,
  }
}

const withoutEnd = ({ cleared_at }: EventRow) => ({ end: null, ownEnd: cleared_at })

/** What we wrote ourselves. */
function endIn(json: string): { readonly end: Told; readonly ownEnd: number | null } {
  return JSON.parse(json)
}

function writtenOf(event: Settled, first: Sighting, id: bigint | null): WrittenEvent {
  const { told, end, superseded } = event
  const { edge, at } = told
  const raised_ms = edge === 'began' ? at : null
  const cleared_ms = clearedAtOf(event)
  return {
    id: id === null ? null : String(id),
    meter_id: first.meterId,
    concentrator_id: first.concentratorId,
    series: first.series,
    phase: first.phase,
    raised_ms,
    cleared_ms,
    ended_by: end ? JSON.stringify({ end, ownEnd: told.ownEnd }) : null,
    superseded,
    sequence: told.sequence,
    serial: told.serial,
    received_ms: told.receivedAt,
    source: told.source,
    told_by: told.toldBy,
    protocol: told.protocol,
    event_id: told.eventId,
    code: told.code,
    is_span: told.isSpan,
    details: told.details,
    raw: told.raw,
    at_ms: raised_ms ?? cleared_ms ?? told.receivedAt,
  }
}
