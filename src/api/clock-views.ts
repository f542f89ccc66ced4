import { Type } from '@sinclair/typebox'
import {
  type ClockDevice,
  type ClockState,
  type Correction,
  correctionStates,
  deviceKinds,
  type Measured,
} from '#src/clocks'
import type { CivilTime, Instant } from '#src/core'
import { closed, nullable, oneOf, Time } from './schemas.ts'

export const Device = Type.String({
  pattern: '^(meter|terminal)-[1-9][0-9]{0,9}$',
  description: '`meter-12` by the id of a meter, `terminal-3` by that of a concentrator.',
})
const Offset = nullable(Type.Integer({ description: 'The device minus ours, in ms.' }))
export const Clock = closed({
  device: Device,
  kind: oneOf(deviceKinds),
  address: Type.String(),
  protocol: nullable(Type.String()),
  measuredAt: nullable(Time),
  offsetMs: Offset,
  uncertaintyMs: nullable(Type.Integer()),
  nextAt: Time,
  failures: Type.Integer(),
  reason: nullable(Type.String({ description: 'Why it could not be measured.' })),
  doubtfulSince: nullable(Time),
  doubtfulUntil: nullable(Time),
})
const Seen = closed({ at: Time, offsetMs: Offset, uncertaintyMs: Type.Integer() })
export const ClockWithSeries = closed({ ...Clock.properties, series: Type.Array(Seen) })
const Shown = nullable(closed({ offsetMs: Offset, uncertaintyMs: Type.Integer() }))
export const CorrectionView = closed({
  id: Type.Integer(),
  device: Device,
  address: Type.String(),
  how: oneOf(['own', 'broadcast']),
  state: oneOf(correctionStates),
  requestedBy: Type.String(),
  requestedAt: Time,
  approvers: Type.Array(Type.String()),
  peopleNeeded: Type.Integer(),
  offsetMs: Offset,
  uncertaintyMs: Type.Integer(),
  before: Shown,
  sentAt: nullable(Time),
  after: Shown,
  reason: nullable(Type.String({ description: 'Of an approved one, why it waits.' })),
  reasonCode: nullable(Type.String()),
  endedAt: nullable(Time),
})
export const Policy = closed({
  autoCorrect: Type.Boolean({
    description: 'Correct one to fifteen minutes without asking anybody.',
  }),
  trustHost: Type.Boolean({
    description: 'The clock of this machine is right, whether or not it can be proven here.',
  }),
})

export function deviceOf(text: string): ClockDevice {
  const [kind, id] = text.split('-')
  return { kind: kind === 'meter' ? 'meter' : 'terminal', id: Number(id) }
}

const named = ({ kind, id }: ClockDevice) => `${kind}-${id}`
const isoOrNull = (at: Instant | null, civil: CivilTime) => (at === null ? null : civil.iso(at))

export function clockView(state: ClockState, civil: CivilTime) {
  return {
    device: named(state),
    kind: state.kind,
    address: state.address,
    protocol: state.protocol,
    measuredAt: isoOrNull(state.measuredAt, civil),
    offsetMs: state.offsetMs,
    uncertaintyMs: state.uncertaintyMs,
    nextAt: civil.iso(state.nextAt),
    failures: state.failures,
    reason: state.reason,
    doubtfulSince: isoOrNull(state.doubtfulSince, civil),
    doubtfulUntil: isoOrNull(state.doubtfulUntil, civil),
  }
}

export function seenView({ measuredAt, offsetMs, uncertaintyMs }: Measured, civil: CivilTime) {
  return { at: civil.iso(measuredAt), offsetMs, uncertaintyMs }
}

export function correctionView({ device, channelId: _, ...one }: Correction, civil: CivilTime) {
  return {
    ...one,
    device: named(device),
    approvers: [...one.approvers],
    requestedAt: civil.iso(one.requestedAt),
    sentAt: isoOrNull(one.sentAt, civil),
    endedAt: isoOrNull(one.endedAt, civil),
  }
}
