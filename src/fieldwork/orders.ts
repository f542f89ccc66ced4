import { isDeepStrictEqual } from 'node:util'
import {
  assert,
  type Clock,
  fail,
  type Id,
  idOf,
  minutes,
  ok,
  parseInstant,
  type Result,
} from '#src/core'
import type { Database, Db } from '#src/db'
import { installedMeter, meterAtPoint } from '#src/registry'
import { stepsOf } from './kinds.ts'
import { closing } from './meter-steps.ts'
import {
  insertOrder,
  lockOrder,
  type Subject,
  selectByKey,
  selectOrder,
  selectOrders,
  selectRival,
  updateAssignee,
  updateOrder,
  updateReport,
} from './queries.ts'
import { unknownRegisters } from './registers.ts'
import { insertEvent, selectEvents, selectSteps } from './step-queries.ts'
import type {
  Also,
  FieldOrder,
  FieldOrders,
  FieldReport,
  NewOrder,
  OrderId,
  OrderRefusal,
} from './types.ts'

/** The clock of whoever reports may be ahead of ours. */
const AHEAD_MAX = minutes(5)

type Answered = Result<FieldOrder, OrderRefusal>

export function createFieldOrders(db: Database, clock: Clock): FieldOrders {
  const nothing: Also = async () => {}

  /** One order under its lock; what the work answers is kept with its audit record. */
  function change(
    id: OrderId,
    also: Also,
    work: (tx: Db, order: FieldOrder) => Promise<Result<void, OrderRefusal>>,
  ): Promise<Answered> {
    return db.transaction(async (tx): Promise<Answered> => {
      const order = await lockOrder(tx, id)
      if (!order) return refused('not-found', `there is no order ${id}`)
      const worked = await work(tx, order)
      if (!worked.ok) return worked
      await also(tx)
      const after = await selectOrder(tx, id)
      assert(after !== undefined, 'an order that was changed is there')
      return ok(after)
    })
  }

  return {
    order: (wanted, also = nothing) =>
      db.transaction(async (tx): Promise<Answered> => {
        const known = await selectByKey(tx, wanted.key)
        if (known) return sameAs(known, wanted)
        const about = await subjectFor(tx, wanted)
        if (!about.ok) return about
        const { subject, spec } = about.value
        const rival = await selectRival(tx, subject)
        if (rival !== undefined) return refused('not-now', `order ${rival} is about the same`)
        const now = clock.now()
        const id = await insertOrder(tx, { ...wanted, spec }, subject, now)
        const kept = await selectByKey(tx, wanted.key)
        assert(kept !== undefined, 'an order that was written is there')
        if (id === null) return sameAs(kept, wanted)
        const event = { actor: wanted.requestedBy, event: 'ordered', detail: { ...wanted.spec } }
        await insertEvent(tx, kept.id, event, now)
        await also(tx)
        return ok(kept)
      }),
    get: (id) => selectOrder(db, id),
    steps: (id) => selectSteps(db, id),
    events: (id) => selectEvents(db, id),
    list: (filter, before, limit) => selectOrders(db, filter, before, limit),
    report: (id, report, by, also = nothing) =>
      change(id, also, async (tx, order) => {
        if (order.endedAt !== null) return refused('not-now', `it is ${order.state}`)
        if (order.report !== null) {
          const isSame = isDeepStrictEqual(order.report, report)
          return isSame ? ok(undefined) : refused('not-now', 'it was reported already')
        }
        const wrong = whyWrong(order, report, clock.now() + AHEAD_MAX)
        if (wrong !== null) return refused('wrong', wrong)
        const now = clock.now()
        await updateReport(tx, id, report, by)
        await updateOrder(tx, id, { ...order, state: 'running', nextAt: now })
        await insertEvent(tx, id, { actor: by, event: 'reported', detail: { ...report } }, now)
        return ok(undefined)
      }),
    assign: (id, to, by, also = nothing) =>
      change(id, also, async (tx, order) => {
        if (order.endedAt !== null) return refused('not-now', `it is ${order.state}`)
        // A second click is not a second message.
        if (order.assigneeId === to) return ok(undefined)
        if (!(await updateAssignee(tx, id, to))) {
          return refused('no-such-user', 'nobody of that number works here')
        }
        await insertEvent(tx, id, { actor: by, event: 'assigned', detail: { to } }, clock.now())
        return ok(undefined)
      }),
    retry: (id, by, also = nothing) =>
      change(id, also, async (tx, order) => {
        if (order.state === 'done' || order.state === 'cancelled') {
          return refused('not-now', `it is ${order.state}`)
        }
        const now = clock.now()
        const change = { ...order, endedAt: null, verdict: null, nextAt: now }
        await updateOrder(tx, id, { ...change, state: 'running' })
        const step = stepsOf[order.kind][order.position]?.name ?? ''
        await insertEvent(tx, id, { actor: by, event: 'retried', detail: { step } }, now)
        return ok(undefined)
      }),
    cancel: (id, reason, by, also = nothing) =>
      change(id, also, async (tx, order) => {
        const archive = stepsOf[order.kind].findIndex(({ name }) => name === 'archive')
        if (order.state === 'done' || order.state === 'cancelled' || order.position > archive) {
          return refused('not-now', 'the archive was changed: order the change back instead')
        }
        const now = clock.now()
        const change = { ...order, endedAt: now, verdict: reason, nextAt: null }
        await updateOrder(tx, id, { ...change, state: 'cancelled' })
        await insertEvent(tx, id, { actor: by, event: 'cancelled', detail: { reason } }, now)
        return ok(undefined)
      }),
  }
}

type About = Result<{ readonly subject: Subject; readonly spec: NewOrder['spec'] }, OrderRefusal>

/** What an order is about, looked up in the archive. */
async function subjectFor(tx: Db, { kind, spec }: NewOrder): Promise<About> {
  const none = { meterId: null, usagePointId: null, concentratorId: null }
  switch (kind) {
    case 'replace':
    case 'retire': {
      if (spec.meter === undefined) return refused('wrong', 'say which meter')
      const installed = await installedMeter(tx, idOf(spec.meter))
      if (!installed) return refused('not-found', `meter ${spec.meter} hangs nowhere`)
      return ok({ subject: { ...none, meterId: installed.meterId }, spec })
    }
    case 'install': {
      const [point] = await tx.query<{ id: number }>(
        `select id from usage_point where code = $1::text`,
        [spec.usagePoint ?? ''],
      )
      if (!point) return refused('not-found', `there is no usage point ${spec.usagePoint ?? ''}`)
      const [channel] = await tx.query(`select 1 as one from channel where id = $1::int`, [
        spec.channel ?? 0,
      ])
      if (!channel) return refused('not-found', `there is no channel ${spec.channel ?? ''}`)
      const usagePointId: Id<'usage_point'> = idOf(point.id)
      const there = await meterAtPoint(tx, usagePointId)
      if (there) return refused('not-now', `meter ${there.address} hangs there: replace it`)
      return ok({ subject: { ...none, usagePointId }, spec })
    }
    case 'move': {
      const [found] = await tx.query<{ id: number; channel_id: number }>(
        `select id, channel_id from concentrator where id = $1::int`,
        [spec.concentrator ?? 0],
      )
      if (!found) return refused('not-found', `there is no concentrator ${spec.concentrator ?? ''}`)
      const subject = { ...none, concentratorId: idOf<'concentrator'>(found.id) }
      return ok({ subject, spec: { ...spec, channel: found.channel_id } })
    }
  }
}

/** What of a report cannot be; null where nothing is. */
function whyWrong(order: FieldOrder, report: FieldReport, latest: number): string | null {
  const at = parseInstant(report.at)
  if (at === undefined) return `${report.at} is no moment with an offset`
  if (at > latest) return 'the work lies in the future'
  const { kind } = order
  if (kind === 'move' && !report.newConcentrator) return 'say which concentrator came'
  if ((kind === 'replace' || kind === 'install') && !report.newMeter) return 'say which meter came'
  if ((kind === 'replace' || kind === 'install') && !report.opening) {
    return 'say what the new meter shows (opening)'
  }
  const needsClosing = stepsOf[kind][order.position] === closing && kind !== 'install'
  if (needsClosing && !report.closing) return 'the old meter was not read: say what it shows'
  const strange = unknownRegisters([...(report.closing ?? []), ...(report.opening ?? [])])
  return strange.length > 0 ? `there is no register ${strange.join(', ')}` : null
}

function sameAs(known: FieldOrder, wanted: NewOrder): Answered {
  const { channel: _, ...spec } = known.spec
  const { channel: __, ...asked } = wanted.spec
  const isSame = known.kind === wanted.kind && isDeepStrictEqual(spec, asked)
  return isSame ? ok(known) : refused('key-reused', 'this key stands for another order')
}

function refused(kind: OrderRefusal['kind'], message: string): Result<never, OrderRefusal> {
  return fail({ kind, message })
}
