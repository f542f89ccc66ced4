import { assert, type Instant } from '#src/core'
import type { PlaceRole } from './archive-details.ts'
import { historiesOf, needsLater, stepOf } from './dated.ts'
import type { KnownNode } from './grid-queries.ts'
import { chainOf, type Nodes, nodeKey } from './import-grid.ts'
import {
  difference,
  distinct,
  type Ids,
  type ImportWork,
  idIn,
  known,
  note,
  problem,
} from './import-work.ts'
import {
  insertUsagePoints,
  type KnownPlace,
  type KnownUsagePoint,
  type PlaceWrite,
  selectKnownUsagePoints,
  selectPlaces,
  updateUsagePoints,
  writePlaceRows,
} from './point-queries.ts'
import type { ArchiveRow } from './types.ts'

/** Usage points; a new one with what holds of it now, those that are known follow their dated rows. */
export async function writeUsagePoints(
  work: ImportWork,
  accounts: Ids,
  nodes: Nodes,
): Promise<Ids> {
  const codes = distinct(work.rows.map(({ usagePoint }) => usagePoint))
  const stored = await selectKnownUsagePoints(work.tx, codes)
  const byCode = new Map(stored.map((point) => [point.code, point]))
  const fresh: Omit<KnownUsagePoint, 'id'>[] = []
  const changes: KnownUsagePoint[] = []
  for (const row of work.rows) {
    if (row.usagePoint === null) continue
    const was = byCode.get(row.usagePoint)
    const { account, transformer } = row
    const area =
      transformer === null ? null : nodes.get(nodeKey({ kind: 'area', code: transformer }))
    const holds = row.validFrom <= work.now
    const next = {
      code: row.usagePoint,
      account_id: account === null || !holds ? null : idIn(accounts, account),
      transformer_id: holds ? (area?.place_id ?? null) : null,
      name: row.usagePointName ?? was?.name ?? '',
      longitude: row.longitude ?? was?.longitude ?? null,
      latitude: row.latitude ?? was?.latitude ?? null,
    }
    if (was === undefined) {
      work.newPoints.add(row.usagePoint)
      note(work, row, { ...subject(row.usagePoint), action: 'added', after: seenWith(row) })
      if (!work.created.has(row)) work.changed.add(row)
      fresh.push(next)
    } else {
      const { before, after } = difference(shown(was), shown(next))
      if (Object.keys(after).length === 0) continue
      work.changed.add(row)
      note(work, row, { ...subject(row.usagePoint), action: 'changed', before, after })
      const { id, account_id, transformer_id } = was
      changes.push({ ...next, id, account_id, transformer_id })
    }
  }
  await updateUsagePoints(work.tx, changes)
  const written = await insertUsagePoints(work.tx, fresh)
  return new Map([...stored, ...written].map(({ code, id }) => [code, id]))
}

const subject = (code: string) => ({ subject: 'usage-point', key: code, usagePoint: code }) as const

const shown = (point: Omit<KnownUsagePoint, 'id'>) => ({
  name: point.name,
  longitude: point.longitude,
  latitude: point.latitude,
})

const seenWith = (row: ArchiveRow) =>
  known({
    name: row.usagePointName ?? null,
    account: row.account,
    area: row.transformer,
    feeder: row.feeder,
    role: row.role ?? null,
    phase: row.phase ?? null,
    meter: row.meterAddress,
  })

interface Wanted {
  readonly row: ArchiveRow
  readonly pointId: number
  readonly node: KnownNode
  readonly role: PlaceRole
  /** The place that is about the same: it stays, is followed or put right. */
  readonly current: KnownPlace | undefined
}

/** Where usage points count, from the row's date on; what is known so far ends there. */
export async function writePlaces(work: ImportWork, points: Ids, nodes: Nodes): Promise<void> {
  const stored = await selectPlaces(work.tx, [...points.values()])
  const byPoint = Map.groupBy(stored, ({ usage_point_id }) => usage_point_id)
  const open = (pointId: number, from: Instant) => {
    const at = from > work.now ? from : work.now
    return (byPoint.get(pointId) ?? []).filter(
      ({ valid_from, valid_to }) => valid_from <= at && (valid_to === null || valid_to > at),
    )
  }
  const byNode = historiesOf(stored, (one) => `${one.usage_point_id} ${one.node_id}`, work.now)
  const byRole = historiesOf(stored, (one) => `${one.usage_point_id} ${one.role}`, work.now)
  const writes: PlaceWrite[] = []
  for (const wanted of wantedPlaces(work.rows, points, nodes, open)) {
    const { row, pointId, node, role, current } = wanted
    const phase = row.phase ?? current?.phase ?? null
    const isSame = current?.node_id === node.id && current.role === role && current.phase === phase
    if (isSame) continue
    const { validFrom } = row
    const histories = [
      byNode(`${pointId} ${node.id}`, validFrom),
      byRole(`${pointId} ${role}`, validFrom),
    ]
    const ended = histories.flatMap((one) => one.ended ?? []).toSorted((a, b) => b - a)[0]
    const next = histories.flatMap((one) => one.next ?? []).toSorted((a, b) => a - b)[0]
    const step = stepOf({ open: current, ended }, validFrom)
    if (step === 'clash') {
      problem(work, row, 'valid_from', null, `place of ${row.usagePoint}: ${needsLater}`)
      continue
    }
    writes.push({
      ...{ pointId, nodeId: node.id, role, phase, from: validFrom, to: next ?? null },
      closes: step === 'follow' ? (current?.id ?? null) : null,
      corrects: step === 'correct' ? (current?.id ?? null) : null,
    })
    if (!work.newPoints.has(row.usagePoint ?? '')) work.moved.points.add(pointId)
    noteMove(work, wanted, step === 'correct')
  }
  if (work.problems.length > 0 || writes.length === 0) return
  await writePlaceRows(work.tx, writes)
}

function noteMove(work: ImportWork, { row, node, role, current }: Wanted, corrects: boolean): void {
  if (row.usagePoint === null || work.newPoints.has(row.usagePoint)) return
  work.changed.add(row)
  const phase = row.phase ?? current?.phase ?? null
  const before = current && {
    place: `${current.node_kind} ${current.node}`,
    role: current.role,
    phase: current.phase,
  }
  const after = { place: nodeKey(node), role, phase }
  note(work, row, {
    ...subject(row.usagePoint),
    ...(before ? difference(before, after) : { before: null, after: known(after) }),
    action: corrects ? 'corrected' : 'changed',
    validFrom: row.validFrom,
  })
}

function wantedPlaces(
  rows: readonly ArchiveRow[],
  points: Ids,
  nodes: Nodes,
  open: (pointId: number, from: Instant) => readonly KnownPlace[],
): readonly Wanted[] {
  return rows.flatMap((row) => {
    if (row.usagePoint === null) return []
    const pointId = idIn(points, row.usagePoint)
    const places = open(pointId, row.validFrom)
    const [lowest, above] = [...chainOf(row)].reverse()
    const isNamed = row.transformer !== null || row.feeder !== null || row.role !== undefined
    if (lowest === undefined || !isNamed) return []
    const node = nodes.get(nodeKey(lowest))
    assert(node, 'every node that a row names was entered')
    // Where the row does not say as what, the only place that is known goes on in its role.
    const [only] = places.length === 1 ? places : []
    const role = row.role ?? only?.role ?? 'receive'
    const current =
      places.find((place) => place.role === role) ??
      places.find((place) => place.node_id === node.id)
    const first: Wanted = { row, pointId, node, role, current }
    // The meter of a feeder's head takes from the bus what it gives to the feeder.
    if (role !== 'supply' || lowest.kind !== 'feeder' || above?.kind !== 'bus') return [first]
    const bus = nodes.get(nodeKey(above))
    assert(bus, 'every node that a row names was entered')
    const passed = places.find((place) => place.role === 'receive')
    return [first, { row, pointId, node: bus, role: 'receive', current: passed }]
  })
}
