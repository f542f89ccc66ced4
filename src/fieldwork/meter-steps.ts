import {
  assert,
  type ChannelId,
  hours,
  type Instant,
  idOf,
  type MeterId,
  minutes,
  parseInstant,
} from '#src/core'
import {
  installedMeter,
  installMeter,
  type NewMeter,
  replaceMeter,
  retireMeter,
  type TransformerRatio,
} from '#src/registry'
import { asReadings, closingRegisters, compared, fallen, totalRegister } from './registers.ts'
import { again, done, failed, numberIn, type Step, type StepContext, textIn } from './step.ts'
import type { FieldReport, RegisterValue } from './types.ts'

const READ_AGAIN_AFTER = minutes(15)
const DAY = hours(24)

/** The register values of the meter that goes: read on demand, or told by whoever stands there. */
export const closing: Step = {
  name: 'closing',
  kind: 'field',
  patience: hours(72),
  async run({ order, report, world, signal }) {
    assert(order.meterId !== null, 'the order is about a meter')
    if (report?.closing) {
      const photos = report.photos ?? []
      return done({ values: report.closing, source: 'by-hand', photos })
    }
    const read = await world.talk.readRegisters(order.meterId, closingRegisters, signal)
    if (read.ok && read.value.values.some(({ register }) => register === totalRegister)) {
      return done({ values: read.value.values, source: 'read', readAt: read.value.at })
    }
    const why = read.ok ? `it has no ${totalRegister}` : read.error.message
    const reason = `the old meter cannot be read (${why}): report its registers`
    return { kind: 'waits', reason, after: READ_AGAIN_AFTER }
  },
}

/** Somebody went there and says what was done. */
export const reported: Step = {
  name: 'reported',
  kind: 'field',
  patience: hours(72),
  async run(context) {
    const { report } = context
    if (!report) return { kind: 'waits', reason: 'nobody reported the work yet', after: null }
    const wrong = fallen(valuesOf(context, 'closing'), report.closing ?? [])
    if (wrong.length > 0) return failed(`registers fell before it was taken away: ${wrong}`)
    const { photos = [] } = report
    const byHand = report.closing ? { values: report.closing, source: 'by-hand', photos } : {}
    return done({ at: report.at, ...byHand })
  },
}

/** One installation ends and the next begins, at one instant, with the record of this step. */
export const replaceInArchive: Step = {
  name: 'archive',
  kind: 'base',
  patience: minutes(10),
  async run(context, tx) {
    const { order, report } = context
    assert(order.meterId !== null && report?.newMeter, 'a replacement has both meters')
    const was = await installedMeter(tx, order.meterId)
    const meter = newMeterOf(report.newMeter)
    const ratios = { ct: ratioOf(report.ct), pt: ratioOf(report.pt) }
    const changed = await replaceMeter(
      tx,
      order.meterId,
      meter,
      atOf(report),
      ratios,
      recordedOf(context, report),
    )
    if (!changed.ok) return failed(changed.error.message)
    const { meterId, channelId } = changed.value
    return done({ meter: meterId, channel: channelId, before: was?.address ?? null })
  },
}

export const installInArchive: Step = {
  name: 'archive',
  kind: 'base',
  patience: minutes(10),
  async run(context, tx) {
    const { order, report } = context
    assert(order.usagePointId !== null && report?.newMeter, 'an installation has place and meter')
    const channel: ChannelId = idOf(order.spec.channel ?? 0)
    const one: TransformerRatio = { numerator: 1n, denominator: 1n }
    const ratios = { ct: ratioOf(report.ct) ?? one, pt: ratioOf(report.pt) ?? one }
    const meter = newMeterOf(report.newMeter)
    const point = idOf<'usage_point'>(order.usagePointId)
    const recorded = recordedOf(context, report)
    const changed = await installMeter(tx, meter, channel, point, atOf(report), ratios, recorded)
    if (!changed.ok) return failed(changed.error.message)
    return done({ meter: changed.value.meterId, channel: changed.value.channelId })
  },
}

export const retireInArchive: Step = {
  name: 'archive',
  kind: 'base',
  patience: minutes(10),
  async run(context, tx) {
    const { order, report } = context
    assert(order.meterId !== null && report, 'a retirement has a meter')
    const recorded = recordedOf(context, report)
    const changed = await retireMeter(tx, order.meterId, atOf(report), recorded)
    if (!changed.ok) return failed(changed.error.message)
    return done({ channel: changed.value.channelId, before: changed.value.address })
  },
}

/** Closing and opening registers as readings of their meters at the moment of the change. */
export const registers: Step = {
  name: 'registers',
  kind: 'field',
  patience: hours(1),
  async run(context) {
    const { order, report, world } = context
    assert(report, 'the work was reported')
    const now = world.clock.now()
    const at = atOf(report)
    const gone = closingStep(context)
    const old = valuesOf(context, gone)
    // Read before it was taken away: what it counted since then nobody knows.
    const quality = textIn(context, gone, 'source') === 'read' ? 'suspect' : 'good'
    const came = meterIn(context)
    const opening = report.opening ?? []
    await world.readings.store([
      ...(order.meterId === null ? [] : asReadings(order.meterId, old, at, now, quality)),
      ...(came === null ? [] : asReadings(came, opening, at, now, 'good')),
    ])
    await world.archiveChanged()
    return done({ closing: old.length, opening: opening.length })
  },
}

/** The first word of the new meter; less than it began with is another meter. */
export const firstReading: Step = {
  name: 'first-reading',
  kind: 'field',
  patience: DAY,
  async run(context) {
    const { report, world, signal } = context
    const meter = meterIn(context)
    assert(meter !== null, 'the new meter is in the archive')
    const read = await world.talk.readRegisters(meter, [totalRegister], signal)
    if (!read.ok) return again(read.error.message)
    const told = read.value.values.find(({ register }) => register === totalRegister)
    if (!told) return again(`the meter has no ${totalRegister}`)
    const began = report?.opening?.find(({ register }) => register === totalRegister)
    if (began && compared(told.value, began.value) < 0) {
      return failed(`it reads ${told.value}, less than the ${began.value} it began with`)
    }
    return done({ values: read.value.values, readAt: read.value.at })
  },
}

/** From the moment of the change the old meter owes nothing, and the new one does. */
export const slots: Step = {
  name: 'slots',
  kind: 'field',
  patience: hours(1),
  async run(context) {
    const { order, report, world } = context
    assert(report, 'the work was reported')
    const came = meterIn(context)
    if (order.meterId !== null) await world.slots.meterGone(order.meterId, atOf(report))
    if (came !== null) await world.slots.meterCame(came, atOf(report))
    return done({ gone: order.meterId, came })
  },
}

/** What the order came to, in a word, and what a biller should know. */
export const verdict: Step = {
  name: 'verdict',
  kind: 'field',
  patience: hours(1),
  async run(context) {
    const doubts: string[] = []
    const source = textIn(context, closingStep(context), 'source')
    if (source === 'by-hand') doubts.push('closing registers by hand')
    if (source === 'by-hand' && (context.report?.photos ?? []).length === 0) {
      doubts.push('without a photo')
    }
    if (source === 'read') doubts.push('closing registers read before it was taken away')
    if (meterIn(context) !== null && !context.report?.opening) doubts.push('no opening registers')
    return done({ verdict: doubts.length === 0 ? 'good' : `good; ${doubts.join('; ')}` })
  },
}

/** Whoever stood before the meter when it was taken away saw its last registers. */
function closingStep({ report }: StepContext): 'reported' | 'closing' {
  return report?.closing ? 'reported' : 'closing'
}

/** What registers showed at the change, and who says so. */
function recordedOf(context: StepContext, report: FieldReport) {
  const closing = context.order.meterId === null ? [] : valuesOf(context, closingStep(context))
  const { reportedBy, requestedBy } = context.order
  return { registers: { closing, opening: report.opening ?? [] }, by: reportedBy ?? requestedBy }
}

export function atOf(report: FieldReport): Instant {
  const at = parseInstant(report.at)
  assert(at !== undefined, 'the moment of a report was checked when it came')
  return at
}

export function meterIn(context: StepContext): MeterId | null {
  const id = numberIn(context, 'archive', 'meter')
  return id === null ? null : idOf(id)
}

export function newMeterOf(meter: NonNullable<FieldReport['newMeter']>): NewMeter {
  const { address, protocol, profile = null, model = null } = meter
  return { address, protocol, profile, model }
}

function valuesOf({ found }: StepContext, step: string): readonly RegisterValue[] {
  const values = found.get(step)?.values
  return Array.isArray(values) ? values.filter(isRegister) : []
}

function isRegister(value: unknown): value is RegisterValue {
  if (typeof value !== 'object' || value === null) return false
  return (
    'register' in value &&
    typeof value.register === 'string' &&
    'value' in value &&
    typeof value.value === 'string'
  )
}

function ratioOf(text: string | undefined): TransformerRatio | null {
  const [, numerator, denominator] = /^(\d+)\/(\d+)$/.exec(text ?? '') ?? []
  if (numerator === undefined || denominator === undefined) return null
  return { numerator: BigInt(numerator), denominator: BigInt(denominator) }
}
