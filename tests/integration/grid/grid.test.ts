import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGrid, type Grid, type PlacedPoint, parseRing, ringsOf } from '#src/grid'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { buildField, moment } from './field.ts'

const MAY = moment('2026-05-15T00:00Z')
const JULY = moment('2026-07-15T00:00Z')
const ALL = { after: 0, limit: 100 }

let database: TestDatabase
let grid: Grid

beforeAll(async () => {
  database = await migratedDatabase()
  await buildField(database.db)
  grid = createGrid({ db: database.db })
})
afterAll(() => database.close())

const codes = (points: readonly { readonly code: string }[] | null | undefined) =>
  points?.map(({ code }) => code)
const areaT1 = { kind: 'area', code: 'T1' } as const
const feederF1 = { kind: 'feeder', code: 'F1' } as const
const feederF2 = { kind: 'feeder', code: 'F2' } as const

describe('the tree', () => {
  test('is that of the instant that is asked for', async () => {
    const childrenOf = async (at: typeof MAY) =>
      codes(
        (await grid.node(feederF1, at))?.children.toSorted((a, b) => (a.code < b.code ? -1 : 1)),
      )
    expect(await childrenOf(MAY)).toEqual(['T1', 'T2'])
    expect(await childrenOf(JULY)).toEqual(['T1'])
  })

  test('changes at the very moment of a switching, not before and not after', async () => {
    const before = await grid.nodes(
      moment('2026-05-31T23:59:59.999Z'),
      { under: feederF2, kind: 'area' },
      ALL,
    )
    const then = await grid.nodes(
      moment('2026-06-01T00:00Z'),
      { under: feederF2, kind: 'area' },
      ALL,
    )
    expect(codes(before)).toEqual(['T3'])
    expect(codes(then)).toEqual(['T2', 'T3'])
  })

  test('has a page of nodes after a node, with parents', async () => {
    const first = await grid.nodes(JULY, {}, { after: 0, limit: 3 })
    const rest = await grid.nodes(JULY, {}, { after: first?.at(-1)?.id ?? 0, limit: 100 })
    expect([...(first ?? []), ...(rest ?? [])]).toHaveLength(8)
    expect(rest?.find(({ code }) => code === 'T2')?.parent).toEqual(feederF2)
  })

  test('leaves out what was not part of the grid yet', async () => {
    const { db } = database
    await db.query(`insert into grid_node (kind, code) values ('feeder', 'F9')`)
    await db.query(
      `insert into grid_link (node_id, parent_id, valid_from)
       select c.id, p.id, '2026-07-01Z' from grid_node c, grid_node p
       where c.code = 'F9' and p.code = 'B1'`,
    )
    const known = async (at: typeof MAY) => codes(await grid.nodes(at, { kind: 'feeder' }, ALL))
    expect(await known(MAY)).toEqual(['F1', 'F2'])
    expect(await known(JULY)).toEqual(['F1', 'F2', 'F9'])
    await db.query(`delete from grid_link where valid_from = '2026-07-01Z'`)
    await db.query(`delete from grid_node where code = 'F9'`)
  })

  test('counts each point once a role, and accounts without those of gateways', async () => {
    const bus = await grid.node({ kind: 'bus', code: 'B1' }, JULY)
    expect(bus?.roles).toEqual({ supply: 2, receive: 8, auxiliary: 0, generation: 0 })
    expect(bus?.accounts).toBe(6)
    expect(codes(bus?.above)).toEqual(['R1', 'S1'])
  })

  test('has the transformer that stood there then', async () => {
    const rated = async (at: typeof MAY) => (await grid.node(areaT1, at))?.transformers
    expect(await rated(moment('2026-02-01T00:00Z'))).toMatchObject([{ ratedKva: '100' }])
    expect(await rated(MAY)).toMatchObject([{ code: 'X1', ratedKva: '200' }])
  })

  test('knows no node that there is not', async () => {
    expect(await grid.node({ kind: 'area', code: 'T9' }, MAY)).toBeNull()
    expect(await grid.points({ kind: 'area', code: 'T9' }, MAY, {}, ALL)).toBeNull()
    expect(await grid.nodes(MAY, { under: { kind: 'area', code: 'T9' } }, ALL)).toBeNull()
  })
})

describe('usage points of a node', () => {
  test('are those at it and below, with account, meter and phase', async () => {
    const found = await grid.points(feederF2, JULY, { role: 'receive' }, ALL)
    expect(codes(found)).toEqual(['P21', 'P22', 'P31'])
    expect(found?.[0]).toMatchObject({
      account: 'A4',
      meter: '000000000004',
      places: [{ node: { kind: 'area', code: 'T2' }, role: 'receive', phase: 'A' }],
    })
  })

  test('are only its own where that is asked', async () => {
    expect(codes(await grid.points(feederF2, JULY, { direct: true }, ALL))).toEqual(['HF2'])
  })

  test('come by pages that leave out nobody and repeat nobody', async () => {
    const bus = { kind: 'bus', code: 'B1' } as const
    const seen: PlacedPoint[] = []
    for (;;) {
      const page = await grid.points(bus, MAY, {}, { after: seen.at(-1)?.id ?? 0, limit: 3 })
      if (page === null || page.length === 0) break
      seen.push(...page)
    }
    expect(codes(seen)).toEqual(codes(await grid.points(bus, MAY, {}, ALL)))
    expect(seen.find(({ code }) => code === 'HF1')?.places).toHaveLength(2)
  })
})

describe('a trace', () => {
  test('down names whoever would be without supply, at that time', async () => {
    const may = await grid.trace(feederF1, 'down', MAY, ALL)
    expect(codes(may?.points)).toEqual(['P11', 'P12', 'P13', 'P21', 'P22'])
    expect(may).toMatchObject({ pointCount: 5, accounts: 5, nodeCount: 3 })
    expect(codes((await grid.trace(feederF1, 'down', JULY, ALL))?.points)).toEqual([
      'P11',
      'P12',
      'P13',
    ])
  })

  test('up from a customer names what feeds it, nearest first, and its gateways', async () => {
    const up = await grid.trace({ kind: 'point', code: 'P21' }, 'up', JULY, ALL)
    expect(codes(up?.nodes)).toEqual(['T2', 'F2', 'B1', 'S1', 'R1'])
    expect(codes(up?.points)).toEqual(['HF2'])
  })

  test('down from a customer ends with the customer', async () => {
    const down = await grid.trace({ kind: 'point', code: 'P21' }, 'down', JULY, ALL)
    expect(down).toMatchObject({ nodes: [], pointCount: 1, accounts: 1 })
    expect(codes(down?.points)).toEqual(['P21'])
  })

  test('down from the meter of a feeder head names all of the feeder', async () => {
    const down = await grid.trace({ kind: 'point', code: 'HF2' }, 'down', JULY, ALL)
    expect(codes(down?.points)).toEqual(['P21', 'P22', 'P31'])
  })

  test('from nowhere is none', async () => {
    expect(await grid.trace({ kind: 'point', code: 'P99' }, 'up', JULY, ALL)).toBeNull()
  })
})

describe('the map', () => {
  const box = ringsOf([121.45, 31.25, 121.55, 31.35])

  test('has nodes, links and points of a box as features', async () => {
    const rings = ringsOf([121.45, 31.15, 121.62, 31.35])
    const layers = ['nodes', 'links', 'points'] as const
    const { features, truncated } = await grid.map({ rings, layers, limit: 100 }, JULY)
    expect(features.map(({ id }) => id)).toEqual([
      'area/T1',
      'area/T2',
      'substation/S1',
      'bus/B1',
      'link/bus/B1',
      'point/P11',
      'point/P12',
      'point/P13',
      'point/P21',
      'point/P22',
    ])
    expect(features[0]?.geometry).toEqual({ type: 'Point', coordinates: [121.5, 31.3] })
    expect(truncated).toBe(false)
  })

  test('says that there is more than it shows', async () => {
    const { features, truncated } = await grid.map(
      { rings: box, layers: ['points'], limit: 2 },
      MAY,
    )
    expect([features.length, truncated]).toEqual([2, true])
  })

  test('shows a box across the antimeridian', async () => {
    const rings = ringsOf([170, -10, -170, 10])
    await database.db.query(
      `insert into grid_node (kind, code, longitude, latitude)
       values ('bus', 'FJ1', 179.9, 1), ('bus', 'FJ2', -179.9, 1), ('bus', 'FJ3', 0, 1)`,
    )
    const { features } = await grid.map({ rings, layers: ['nodes'], limit: 9 }, MAY)
    expect(features.map(({ id }) => id)).toEqual(['bus/FJ1', 'bus/FJ2'])
    await database.db.query(`delete from grid_node where code like 'FJ%'`)
  })

  test('finds whoever is in a polygon, and whoever hangs on what is', async () => {
    const ring = parseRing('121.49,31.19,121.51,31.19,121.5,31.21')
    const found = ring.ok ? await grid.affected([ring.value], JULY, ALL) : undefined
    expect(codes(found?.nodes)).toEqual(['S1', 'B1'])
    // The meters of the feeders' heads count for the bus, but nobody lives there.
    expect(codes(found?.points)).toEqual(['P11', 'P12', 'P13', 'P21', 'P22', 'P31'])
    expect(found?.accounts).toBe(6)
    const small = await grid.affected(ringsOf([121.5005, 31.3005, 121.502, 31.302]), JULY, ALL)
    expect([codes(small.points), small.nodes]).toEqual([['P11', 'P12', 'P13'], []])
  })
})
