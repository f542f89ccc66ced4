import { assert } from '#src/core'
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
  type KnownPlace,
  type KnownUsagePoint,
  type PlaceWrite,
  selectKnownUsagePoints,
  selectPlaces,
  upsertUsagePoints,
  writePlaceRows,
} from './point-queries.ts'
import type { ArchiveRow } from './types.ts'

/** Usage points with what holds of them now; a point's row repeats what its dated rows say last. */
export async function writeUsagePoints(
  work: ImportWork,
  accounts: Ids,
  nodes: Nodes,
): Promise<Ids> {
  const codes = distinct(work.rows.map(({ usagePoint }) => usagePoint))
  const stored = await selectKnownUsagePoints(work.tx, codes)
  const byCode = new Map(stored.map((point) => [point.code, point]))
  const writes: Omit<KnownUsagePoint, 'id'>[] = []
  for (const row of work.rows) {
    if (row.usagePoint === null) continue
    const was = byCode.get(row.usagePoint)
    const next = {
      code: row.usagePoint,
      account_id: row.account === null ? (was?.account_id ?? null) : idIn(accounts, row.account),
      transformer_id:
        row.transformer === null
          ? (was?.transformer_id ?? null)
          : (nodes.get(nodeKey({ kind: 'area', code: row.transformer }))?.place_id ?? null),
      name: row.usagePointName ?? was?.name ?? '',
      longitude: row.longitude ?? was?.longitude ?? null,
      latitude: row.latitude ?? was?.latitude ?? null,
    }
    if (was === undefined) {
      work.newPoints.add(row.usagePoint)
      note(work, row, { ...subject(row.usagePoint), action: 'added', after: seenWith(row) })
      if (!work.created.has(row)) work.changed.add(row)
    } else {
      const { before, after } = difference(shown(was), shown(next))
      const moved = was.account_id !== next.account_id || was.transformer_id !== next.transformer_id
      const isSame = Object.keys(after).length === 0
      if (isSame && !moved) continue
      work.changed.add(row)
      if (!isSame) note(work, row, { ...subject(row.usagePoint), action: 'changed', before, after })
    }
    writes.push(next)
  }
  const written = await upsertUsagePoints(work.tx, writes)
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
  const open = new Map<number, KnownPlace[]>()
  for (const place of stored) {
    if (place.valid_to !== null) continue
    open.set(place.usage_point_id, [...(open.get(place.usage_point_id) ?? []), place])
  }
  const byNode = historiesOf(stored, (place) => `${place.usage_point_id} ${place.node_id}`)
  const byRole = historiesOf(stored, (place) => `${place.usage_point_id} ${place.role}`)
  const writes: PlaceWrite[] = []
  for (const wanted of wantedPlaces(work.rows, points, nodes, open)) {
    const { row, pointId, node, role, current } = wanted
    const phase = row.phase ?? current?.phase ?? null
    const isSame = current?.node_id === node.id && current.role === role && current.phase === phase
    if (isSame) continue
    const ends = [byNode(`${pointId} ${node.id}`).ended, byRole(`${pointId} ${role}`).ended]
    const ended = ends.reduce((a, b) => (a !== undefined && (b === undefined || a > b) ? a : b))
    const step = stepOf({ open: current, ended }, row.validFrom)
    if (step === 'clash') {
      problem(work, row, 'valid_from', null, `place of ${row.usagePoint}: ${needsLater}`)
      continue
    }
    writes.push({
      ...{ pointId, nodeId: node.id, role, phase, from: row.validFrom },
      closes: step === 'follow' ? (current?.id ?? null) : null,
      corrects: step === 'correct' ? (current?.id ?? null) : null,
    })
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
  open: ReadonlyMap<number, readonly KnownPlace[]>,
): readonly Wanted[] {
  return rows.flatMap((row) => {
    if (row.usagePoint === null) return []
    const pointId = idIn(points, row.usagePoint)
    const places = open.get(pointId) ?? []
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
