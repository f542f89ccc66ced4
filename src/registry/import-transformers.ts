import { assert, type Instant } from '#src/core'
import type { Db } from '#src/db'
import { type Dated, historiesOf, needsLater, stepOf } from './dated.ts'
import { trimmed } from './import-contracts.ts'
import { type Nodes, nodeKey } from './import-grid.ts'
import { difference, type Ids, type ImportWork, idIn, note, problem } from './import-work.ts'
import type { ArchiveRow } from './types.ts'

interface Plate {
  readonly rated_kva: string
  readonly no_load_loss_w: string
  readonly load_loss_w: string
  readonly no_load_current_percent: string
  readonly short_circuit_percent: string
  readonly metered_side: string
}

interface KnownTransformer extends Dated, Plate {
  readonly code: string
  readonly node_id: number | null
  readonly usage_point_id: number | null
}

interface TransformerWrite extends Plate {
  readonly code: string
  readonly node_id: number | null
  readonly usage_point_id: number | null
  readonly from: Instant
  readonly to: Instant | null
  readonly id: number | null
}

/**
 * The plates of transformers: of the area that the row names, or else of its usage point. A plate
 * that says otherwise puts right what was entered, unless it is of a later day: then it is another
 * transformer in the same place.
 */
export async function writeTransformers(
  work: ImportWork,
  points: Ids,
  nodes: Nodes,
): Promise<void> {
  const saying = new Map<string, ArchiveRow>()
  for (const row of work.rows) {
    const code = row.powerTransformer ?? row.transformer ?? row.usagePoint
    if (code === null || row.ratedKva === undefined) continue
    if (!saying.has(code)) saying.set(code, row)
  }
  if (saying.size === 0) return
  const stored = await selectTransformers(work.tx, [...saying.keys()])
  const historyOf = historiesOf(stored, ({ code }) => code, work.now)
  const writes: TransformerWrite[] = []
  const closes: { id: number; at: Instant }[] = []
  for (const [code, row] of saying) {
    const history = historyOf(code, row.validFrom)
    const { open, next: later } = history
    const next = { ...placeOf(row, points, nodes), ...plateOf(row, open) }
    const differs = open && difference(shown(open), shown(next))
    const isThere = open?.node_id === next.node_id && open.usage_point_id === next.usage_point_id
    if (differs && isThere && Object.keys(differs.after).length === 0) continue
    const step = stepOf(history, row.validFrom)
    if (step === 'clash') {
      problem(work, row, 'power_transformer', code, needsLater)
      continue
    }
    if (open && step === 'follow') closes.push({ id: open.id, at: row.validFrom })
    const id = open && step === 'correct' ? open.id : null
    writes.push({ ...next, code, from: row.validFrom, to: later ?? null, id })
    work.changed.add(row)
    note(work, row, {
      ...(differs ?? { before: null, after: shown(next) }),
      subject: 'transformer',
      key: code,
      action: open ? (id === null ? 'changed' : 'corrected') : 'added',
      validFrom: row.validFrom,
    })
  }
  if (work.problems.length > 0) return
  await writeRows(work.tx, closes, writes)
}

function placeOf(row: ArchiveRow, points: Ids, nodes: Nodes) {
  if (row.transformer === null) {
    assert(row.usagePoint !== null, 'a plate stands beside an area or a usage point')
    return { node_id: null, usage_point_id: idIn(points, row.usagePoint) }
  }
  const node = nodes.get(nodeKey({ kind: 'area', code: row.transformer }))
  assert(node, 'every node that a row names was entered')
  return { node_id: node.id, usage_point_id: null }
}

const plateOf = (row: ArchiveRow, open: Plate | undefined): Plate => ({
  rated_kva: trimmed(row.ratedKva) ?? open?.rated_kva ?? '0',
  no_load_loss_w: trimmed(row.noLoadLossW) ?? open?.no_load_loss_w ?? '0',
  load_loss_w: trimmed(row.loadLossW) ?? open?.load_loss_w ?? '0',
  no_load_current_percent:
    trimmed(row.noLoadCurrentPercent) ?? open?.no_load_current_percent ?? '0',
  short_circuit_percent: trimmed(row.shortCircuitPercent) ?? open?.short_circuit_percent ?? '0',
  metered_side: row.meteredSide ?? open?.metered_side ?? 'low',
})

const shown = (plate: Plate & Pick<KnownTransformer, 'node_id' | 'usage_point_id'>) => ({
  rated_kva: plate.rated_kva,
  no_load_loss_w: plate.no_load_loss_w,
  load_loss_w: plate.load_loss_w,
  no_load_current_percent: plate.no_load_current_percent,
  short_circuit_percent: plate.short_circuit_percent,
  metered_side: plate.metered_side,
})

async function selectTransformers(db: Db, codes: readonly string[]): Promise<KnownTransformer[]> {
  return await db.query<KnownTransformer>(
    `select id, code, node_id, usage_point_id, valid_from, valid_to,
       trim_scale(rated_kva)::text as rated_kva, trim_scale(no_load_loss_w)::text as no_load_loss_w,
       trim_scale(load_loss_w)::text as load_loss_w,
       trim_scale(no_load_current_percent)::text as no_load_current_percent,
       trim_scale(short_circuit_percent)::text as short_circuit_percent, metered_side
     from power_transformer where code = any($1::text[])`,
    [codes],
  )
}

async function writeRows(
  db: Db,
  closes: readonly { readonly id: number; readonly at: Instant }[],
  writes: readonly TransformerWrite[],
): Promise<void> {
  await db.query(
    `update power_transformer t set valid_to = to_timestamp(u.at_ms / 1000)
     from unnest($1::int[], $2::float8[]) as u (id, at_ms) where t.id = u.id`,
    [closes.map(({ id }) => id), closes.map(({ at }) => at)],
  )
  const columns = (rows: readonly TransformerWrite[]) => [
    rows.map(({ id }) => id),
    rows.map(({ code }) => code),
    rows.map(({ node_id }) => node_id),
    rows.map(({ usage_point_id }) => usage_point_id),
    rows.map(({ rated_kva }) => rated_kva),
    rows.map(({ no_load_loss_w }) => no_load_loss_w),
    rows.map(({ load_loss_w }) => load_loss_w),
    rows.map(({ no_load_current_percent }) => no_load_current_percent),
    rows.map(({ short_circuit_percent }) => short_circuit_percent),
    rows.map(({ from }) => from),
    rows.map(({ to }) => to),
    rows.map(({ metered_side }) => metered_side),
  ]
  const listed = `unnest($1::int[], $2::text[], $3::int[], $4::int[], $5::numeric[], $6::numeric[],
    $7::numeric[], $8::numeric[], $9::numeric[], $10::float8[], $11::float8[], $12::text[])
    as u (id, code, node, point, kva, p0, pk, i0, uk, from_ms, to_ms, side)`
  await db.query(
    `update power_transformer t set node_id = u.node, usage_point_id = u.point, rated_kva = u.kva,
       no_load_loss_w = u.p0, load_loss_w = u.pk, no_load_current_percent = u.i0,
       short_circuit_percent = u.uk, metered_side = u.side, valid_from = least(t.valid_from, to_timestamp(u.from_ms / 1000))
     from ${listed} where t.id = u.id`,
    columns(writes.filter(({ id }) => id !== null)),
  )
  await db.query(
    `insert into power_transformer (code, node_id, usage_point_id, rated_kva, no_load_loss_w,
       load_loss_w, no_load_current_percent, short_circuit_percent, metered_side, valid_from,
       valid_to)
     select u.code, u.node, u.point, u.kva, u.p0, u.pk, u.i0, u.uk, u.side,
       to_timestamp(u.from_ms / 1000), to_timestamp(u.to_ms / 1000)
     from ${listed}`,
    columns(writes.filter(({ id }) => id === null)),
  )
}
