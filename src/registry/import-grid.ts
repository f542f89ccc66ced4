import { assert } from '#src/core'
import { historiesOf, needsLater, stepOf } from './dated.ts'
import {
  ensureNodes,
  type KnownNode,
  type LinkWrite,
  type NodeKind,
  nodeKinds,
  selectLinks,
  updateNodePositions,
  updateNodeVoltages,
  writeLinks,
} from './grid-queries.ts'
import { difference, type ImportWork, note, problem } from './import-work.ts'
import type { ArchiveRow } from './types.ts'

export interface NodeName {
  readonly kind: NodeKind
  readonly code: string
}

/** The part of the grid that a row names, from the whole down. */
export function chainOf(row: ArchiveRow): readonly NodeName[] {
  const codes: Readonly<Record<NodeKind, string | null | undefined>> = {
    region: row.region,
    substation: row.substation,
    bus: row.bus,
    feeder: row.feeder,
    area: row.transformer,
  }
  return nodeKinds.flatMap((kind) => {
    const code = codes[kind]
    return code === null || code === undefined ? [] : [{ kind, code }]
  })
}

export const nodeKey = ({ kind, code }: NodeName): string => `${kind} ${code}`

/** The nodes that rows name, by nodeKey. */
export type Nodes = ReadonlyMap<string, KnownNode>

/** Enters the nodes and hangs them on each other as the rows say, from the row's date on. */
export async function writeGrid(work: ImportWork): Promise<Nodes> {
  const named = new Map<string, { readonly node: NodeName; readonly row: ArchiveRow }>()
  for (const row of work.rows) {
    for (const node of chainOf(row)) {
      const key = nodeKey(node)
      if (!named.has(key)) named.set(key, { node, row })
    }
  }
  const found = await ensureNodes(
    work.tx,
    [...named.values()].map(({ node }) => node),
  )
  const nodes = new Map(found.map((node) => [nodeKey(node), node]))
  for (const node of found) {
    const row = named.get(nodeKey(node))?.row
    if (node.is_new && row) note(work, row, { subject: 'node', ...added(node) })
  }
  await hangNodes(work, nodes)
  await writeVoltages(work, nodes)
  await writePositions(work, nodes)
  return nodes
}

const added = (node: NodeName) => ({ key: nodeKey(node), action: 'added' as const, after: {} })

async function hangNodes(work: ImportWork, nodes: Nodes): Promise<void> {
  const links = await selectLinks(
    work.tx,
    [...nodes.values()].map(({ id }) => id),
  )
  const historyOf = historiesOf(links, ({ node_id }) => String(node_id), work.now)
  const writes = new Map<number, LinkWrite>()
  for (const row of work.rows) {
    const chain = chainOf(row)
    for (const [index, name] of chain.entries()) {
      const above = chain[index - 1]
      if (above === undefined) continue
      const [node, parent] = [nodes.get(nodeKey(name)), nodes.get(nodeKey(above))]
      assert(node && parent, 'every node that a row names was entered')
      const history = historyOf(String(node.id), row.validFrom)
      const { open, next } = history
      if (open?.parent_id === parent.id || writes.has(node.id)) continue
      // A row that skips a level says nothing of the level that is known.
      if (open && nodeKinds.indexOf(open.parent_kind) > nodeKinds.indexOf(parent.kind)) continue
      const step = stepOf(history, row.validFrom)
      if (step === 'clash') {
        problem(work, row, 'valid_from', null, `${nodeKey(name)}: ${needsLater}`)
        continue
      }
      work.moved.nodes.add(node.id)
      writes.set(node.id, {
        nodeId: node.id,
        parentId: parent.id,
        from: row.validFrom,
        to: next ?? null,
        closes: step === 'follow' ? (open?.id ?? null) : null,
        corrects: step === 'correct' ? (open?.id ?? null) : null,
      })
      work.changed.add(row)
      note(work, row, {
        subject: 'node',
        key: nodeKey(name),
        action: step === 'correct' ? 'corrected' : 'changed',
        validFrom: row.validFrom,
        before: open ? { parent: `${open.parent_kind} ${open.parent}` } : null,
        after: { parent: nodeKey(above) },
      })
    }
  }
  if (work.problems.length > 0 || writes.size === 0) return
  await writeLinks(work.tx, [...writes.values()])
}

/** Where substations and transformer areas stand; what stands there has always stood there. */
async function writePositions(work: ImportWork, nodes: Nodes): Promise<void> {
  const positions = new Map<number, { id: number; longitude: number; latitude: number }>()
  for (const row of work.rows) {
    const said = [
      ['substation', row.substation, row.substationLongitude, row.substationLatitude],
      ['area', row.transformer, row.areaLongitude, row.areaLatitude],
    ] as const
    for (const [kind, code, longitude, latitude] of said) {
      if (code == null || longitude === undefined || latitude === undefined) continue
      const node = nodes.get(nodeKey({ kind, code }))
      assert(node, 'every node that a row names was entered')
      const isSame = node.longitude === longitude && node.latitude === latitude
      if (isSame || positions.has(node.id)) continue
      positions.set(node.id, { id: node.id, longitude, latitude })
      work.changed.add(row)
      const was = { longitude: node.longitude, latitude: node.latitude }
      note(work, row, {
        ...{ subject: 'node', key: nodeKey(node), action: 'changed' },
        ...difference(was, { longitude, latitude }),
      })
    }
  }
  if (positions.size > 0) await updateNodePositions(work.tx, [...positions.values()])
}

async function writeVoltages(work: ImportWork, nodes: Nodes): Promise<void> {
  const voltages = new Map<number, number>()
  for (const row of work.rows) {
    const { voltage } = row
    if (voltage === undefined) continue
    for (const name of chainOf(row)) {
      if (name.kind !== 'feeder' && name.kind !== 'bus') continue
      // A row with both says the voltage of the feeder, which is that of its bus.
      const node = nodes.get(nodeKey(name))
      if (!node || node.nominal_voltage === voltage || voltages.has(node.id)) continue
      voltages.set(node.id, voltage)
      work.changed.add(row)
      note(work, row, {
        subject: 'node',
        key: nodeKey(name),
        action: 'changed',
        before: { voltage: node.nominal_voltage },
        after: { voltage },
      })
    }
  }
  if (voltages.size === 0) return
  await updateNodeVoltages(
    work.tx,
    [...voltages].map(([id, voltage]) => ({ id, voltage })),
  )
}
