import { idOf } from '#src/core'
import type { GridNode, NodeKind, Phase, PlacedPoint, PlaceRole, Position } from './types.ts'

/** That a dated row held at the instant that is parameter `parameter`. */
export function heldAt(alias: string, parameter: string): string {
  return `(${alias}.valid_from <= ${parameter}::timestamptz
    and (${alias}.valid_to is null or ${alias}.valid_to > ${parameter}::timestamptz))`
}

/** That a place is a user's or a generator's, not the gateway between two parts of the grid. */
export const isEnd = `(p.role <> 'supply' and not exists (
  select from usage_point_place s
  where s.usage_point_id = p.usage_point_id and s.role = 'supply' and ${heldAt('s', '$1')}))`

export interface NodeRow {
  readonly id: number
  readonly kind: NodeKind
  readonly code: string
  readonly name: string
  readonly nominal_voltage: number | null
  readonly longitude: number | null
  readonly latitude: number | null
  readonly parent_kind: NodeKind | null
  readonly parent_code: string | null
  readonly children: bigint
  readonly points: bigint
}

/** Nodes `n` with what they hung on at the instant that is the first parameter. */
export const nodeSelect = `
  select n.id, n.kind, n.code, n.name, n.nominal_voltage, n.longitude, n.latitude,
    up.kind as parent_kind, up.code as parent_code,
    (select count(*) from grid_link c where c.parent_id = n.id and ${heldAt('c', '$1')}) as children,
    (select count(*) from usage_point_place p where p.node_id = n.id and ${heldAt('p', '$1')})
      as points
  from grid_node n
  left join grid_link l on l.node_id = n.id and ${heldAt('l', '$1')}
  left join grid_node up on up.id = l.parent_id`

export function nodeOf(row: NodeRow): GridNode {
  const { parent_kind: kind, parent_code: code } = row
  return {
    id: idOf(row.id),
    kind: row.kind,
    code: row.code,
    name: row.name,
    nominalVoltage: row.nominal_voltage,
    position: positionOf(row),
    parent: kind === null || code === null ? null : { kind, code },
    children: Number(row.children),
    points: Number(row.points),
  }
}

export function positionOf(row: {
  readonly longitude: number | null
  readonly latitude: number | null
}): Position | null {
  const { longitude, latitude } = row
  return longitude === null || latitude === null ? null : { longitude, latitude }
}

export interface PointRow {
  readonly id: number
  readonly code: string
  readonly name: string
  readonly longitude: number | null
  readonly latitude: number | null
  readonly account: string | null
  readonly meter: string | null
  readonly node_kinds: readonly NodeKind[]
  readonly node_codes: readonly string[]
  readonly roles: readonly PlaceRole[]
  readonly phases: readonly string[]
}

/**
 * Usage points of `picked` (usage_point_id, node_id, role, phase; one row a place), each with who
 * used it and what hung there at the instant that is the first parameter.
 */
export const pointsOfPicked = `
  select u.id, u.code, u.name, u.longitude, u.latitude,
    array_agg(n.kind order by n.id) as node_kinds, array_agg(n.code order by n.id) as node_codes,
    array_agg(p.role order by n.id) as roles,
    array_agg(coalesce(p.phase, '') order by n.id) as phases,
    (select a.no from account_usage_point h join account a on a.id = h.account_id
       where h.usage_point_id = u.id and ${heldAt('h', '$1')}) as account,
    (select m.address from installation i join meter m on m.id = i.meter_id
       where i.usage_point_id = u.id and ${heldAt('i', '$1')}) as meter
  from picked p join usage_point u on u.id = p.usage_point_id join grid_node n on n.id = p.node_id
  group by u.id order by u.id`

const phases: Readonly<Record<string, Phase>> = { A: 'A', B: 'B', C: 'C', ABC: 'ABC' }

export function pointOf(row: PointRow): PlacedPoint {
  return {
    id: idOf(row.id),
    code: row.code,
    name: row.name,
    position: positionOf(row),
    account: row.account,
    meter: row.meter,
    places: row.roles.flatMap((role, index) => {
      const [kind, code] = [row.node_kinds[index], row.node_codes[index]]
      if (kind === undefined || code === undefined) return []
      return [{ node: { kind, code }, role, phase: phases[row.phases[index] ?? ''] ?? null }]
    }),
  }
}
