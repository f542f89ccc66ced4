import { coordinatesOf, lineBetween } from './geometry.ts'
import type { MappedLink } from './map-queries.ts'
import type { Feature, GridNode, PlacedPoint, Position } from './types.ts'

const place = (position: Position) =>
  ({ type: 'Point', coordinates: coordinatesOf(position) }) as const

/** Nothing where it has no place on the map. */
export function nodeFeature({ kind, code, name, position, parent, ...more }: GridNode): Feature[] {
  if (position === null) return []
  const { nominalVoltage, children, points } = more
  return [
    {
      type: 'Feature',
      id: `${kind}/${code}`,
      geometry: place(position),
      properties: { layer: 'nodes', kind, code, name, nominalVoltage, parent, children, points },
    },
  ]
}

export function linkFeature({ node, parent }: MappedLink): Feature[] {
  const [from, to] = [`${parent.kind}/${parent.code}`, `${node.kind}/${node.code}`]
  return [
    {
      type: 'Feature',
      id: `link/${to}`,
      geometry: lineBetween(parent.position, node.position),
      properties: { layer: 'links', from, to },
    },
  ]
}

export function pointFeature(point: PlacedPoint): Feature[] {
  const { code, name, position, account, meter, places } = point
  if (position === null) return []
  return [
    {
      type: 'Feature',
      id: `point/${code}`,
      geometry: place(position),
      properties: { layer: 'points', kind: 'point', code, name, account, meter, places },
    },
  ]
}
