import { assert, type ChannelId, hours, idOf, minutes, ok, type Result } from '#src/core'
import { moveMeters } from '#src/registry'
import { atOf } from './meter-steps.ts'
import { again, done, failed, numberIn, type Step, type StepContext, textIn } from './step.ts'
import type { FieldOrder, MeterPoint, OnOrder } from './types.ts'

const DAY = hours(24)
const POINTS_MAX = 2_040

/**
 * Tells the terminal of the new meter. It is looked at first, every time: what stands there already
 * is not written again, also where the answer to the writing was lost.
 */
export const download: Step = {
  name: 'download',
  kind: 'field',
  patience: DAY,
  async run(context) {
    const { order, world, signal } = context
    const channel = channelIn(context)
    const known = await world.talk.meterPoints(channel, signal)
    if (!known.ok) return again(known.error.message)
    if (known.value === null) return done({ needed: false })
    const wanted = wantedPoint(context, known.value)
    if (!wanted.ok) return failed(wanted.error)
    const point = wanted.value
    if (known.value.some((one) => isSame(one, point))) return done({ needed: true, ...point })
    const written = await world.talk.writeMeterPoint(channel, point, onOrder(order), signal)
    // Only the list itself proves it: it is read again before this step ends.
    return again(written.ok ? 'written; to be read back' : written.error.message)
  },
}

/** The list once more, after the step that wrote it: the new one is in it, and the old one is not. */
export const readBack: Step = {
  name: 'read-back',
  kind: 'field',
  patience: DAY,
  async run(context) {
    const { world, signal } = context
    if (context.found.get('download')?.needed !== true) return done({ needed: false })
    const known = await world.talk.meterPoints(channelIn(context), signal)
    if (!known.ok) return again(known.error.message)
    const wanted = {
      number: numberIn(context, 'download', 'number') ?? 0,
      point: numberIn(context, 'download', 'point') ?? 0,
      address: textIn(context, 'download', 'address') ?? '',
    }
    const points = known.value ?? []
    if (!points.some((one) => isSame(one, wanted))) {
      return failed(`the terminal no longer lists ${wanted.address}`)
    }
    const before = textIn(context, 'archive', 'before')
    const isThere = before !== null && points.some(({ address }) => address === before)
    if (isThere) return failed(`the terminal still lists the old meter ${before}`)
    return done({ needed: true, listed: points.length })
  },
}

/** Takes the meter out of the terminal's list, if it is there. */
export const removeFromTerminal: Step = {
  name: 'remove',
  kind: 'field',
  patience: DAY,
  async run(context) {
    const { order, world, signal } = context
    const channel = channelIn(context)
    const known = await world.talk.meterPoints(channel, signal)
    if (!known.ok) return again(known.error.message)
    if (known.value === null) return done({ needed: false })
    const before = textIn(context, 'archive', 'before') ?? ''
    const point = known.value.find((one) => isOld(one, before))
    if (!point) return done({ needed: true })
    const removed = await world.talk.removeMeterPoint(channel, point, onOrder(order), signal)
    return again(removed.ok ? 'removed; to be read back' : removed.error.message)
  },
}

/** What the old concentrator knew, while it still answers; what it does not, the archive knows. */
export const rememberPoints: Step = {
  name: 'remember',
  kind: 'field',
  patience: hours(72),
  async run({ report, order, world, signal }) {
    const channel = order.spec.channel
    assert(channel !== undefined, 'the channel of the concentrator was looked up')
    const known = await world.talk.meterPoints(idOf(channel), signal)
    if (known.ok) return done({ points: known.value })
    if (report) return done({ points: null, why: known.error.message })
    return { kind: 'waits', reason: known.error.message, after: minutes(15) }
  },
}

export const moveInArchive: Step = {
  name: 'archive',
  kind: 'base',
  patience: minutes(10),
  async run({ order, report }, tx) {
    assert(order.concentratorId !== null && report?.newConcentrator, 'it says which one came')
    const from = idOf<'concentrator'>(order.concentratorId)
    const moved = await moveMeters(tx, from, report.newConcentrator)
    if (!moved.ok) return failed(moved.error.message)
    const { concentratorId, channelId, meters } = moved.value
    return done({ concentrator: concentratorId, channel: channelId, meters, at: atOf(report) })
  },
}

export const serveAnew: Step = {
  name: 'serve',
  kind: 'field',
  patience: hours(1),
  async run({ world }) {
    await world.archiveChanged()
    return done()
  },
}

/** One entry after the other, each only where it is not there yet. */
export const downloadAll: Step = {
  name: 'download',
  kind: 'field',
  patience: DAY,
  async run(context) {
    const { order, world, signal, found } = context
    const channel = channelIn(context)
    const known = await world.talk.meterPoints(channel, signal)
    if (!known.ok) return again(known.error.message)
    if (known.value === null) return done({ needed: false })
    const wanted = pointsIn(found.get('remember')?.points)
    if (wanted === null) {
      return failed('the old concentrator could not be asked for its list: install its meters anew')
    }
    const there = known.value
    const missing = wanted.filter((point) => !there.some((one) => isSame(one, point)))
    for (const point of missing) {
      const written = await world.talk.writeMeterPoint(channel, point, onOrder(order), signal)
      if (!written.ok) return again(`${point.address}: ${written.error.message}`)
    }
    if (missing.length > 0) return again('written; to be read back')
    return done({ needed: true, listed: wanted.length })
  },
}

export const moveVerdict: Step = {
  name: 'verdict',
  kind: 'field',
  patience: hours(1),
  async run(context) {
    const listed = numberIn(context, 'download', 'listed')
    const meters = numberIn(context, 'archive', 'meters') ?? 0
    const isWhole = listed === null || listed >= meters
    return done({ verdict: isWhole ? 'good' : `good; ${meters - listed} meters were in no list` })
  },
}

function channelIn(context: StepContext): ChannelId {
  const channel = numberIn(context, 'archive', 'channel')
  assert(channel !== null, 'the archive was changed before')
  return idOf(channel)
}

/** The entry that the new meter is to have: that of the old one with its address, or a free one. */
function wantedPoint(
  context: StepContext,
  known: readonly MeterPoint[],
): Result<MeterPoint, string> {
  const { report } = context
  assert(report?.newMeter, 'the new meter was reported')
  const { behind, address } = report.newMeter
  const own = behind ?? address
  if (!/^\d{12}$/.test(own)) {
    return { ok: false, error: `say which meter stands behind ${address} (newMeter.behind)` }
  }
  const before = textIn(context, 'archive', 'before')
  const there = known.find(({ address: listed }) => listed === own)
  const old = before === null ? undefined : known.find((one) => isOld(one, before))
  const named = report.point ?? pointNamedIn(address)
  const place = old ?? there
  const number = place?.number ?? freeIn(known.map((one) => one.number))
  const point = named ?? place?.point ?? freeIn(known.map((one) => one.point))
  if (number === null || point === null)
    return { ok: false, error: 'the terminal has no free place' }
  return ok({ number, point, address: own })
}

/** `RRRR-TTTT/N` names the metering point N of a terminal. */
function pointNamedIn(address: string): number | null {
  const [, point] = /\/(\d{1,4})$/.exec(address) ?? []
  return point === undefined ? null : Number(point)
}

const isOld = ({ address, point }: MeterPoint, before: string): boolean =>
  address === before || point === pointNamedIn(before)

const isSame = (one: MeterPoint, other: MeterPoint): boolean =>
  one.number === other.number && one.point === other.point && one.address === other.address

function freeIn(taken: readonly number[]): number | null {
  const known = new Set(taken)
  for (let number = 1; number <= POINTS_MAX; number++) if (!known.has(number)) return number
  return null
}

function pointsIn(value: unknown): readonly MeterPoint[] | null {
  if (!Array.isArray(value)) return null
  return value.flatMap(({ number, point, address }) =>
    typeof number === 'number' && typeof point === 'number' && typeof address === 'string'
      ? [{ number, point, address }]
      : [],
  )
}

const onOrder = ({ id, requestedBy }: FieldOrder): OnOrder => ({
  reference: `field-order/${id}`,
  requestedBy,
})
