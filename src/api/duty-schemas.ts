import { type Static, Type } from '@sinclair/typebox'
import type { CivilTime } from '#src/core'
import { type Duty, dutyKinds, type NodeDuty } from '#src/grid/duty'
import { closed, Moment, nullable, oneOf, orNull, Time } from './schemas.ts'

const Text = Type.String({ minLength: 1, maxLength: 100 })
/** An area or a feeder. */
export const DutyParams = closed({ kind: oneOf(dutyKinds), code: Text })
export const DutyKindText = oneOf(dutyKinds)
export const ManagerText = Text

export const AreaManagerView = closed({
  name: Type.String(),
  staffNo: nullable(Type.String()),
  phone: nullable(Type.String()),
})
export const DutyView = closed({
  manager: AreaManagerView,
  from: Time,
  to: nullable(Type.String({ format: 'date-time', description: 'Null: still.' })),
})
export const NodeDutyView = closed({
  kind: oneOf(dutyKinds),
  code: Type.String(),
  name: Type.String(),
  duty: Type.Union([DutyView, Type.Null()]),
})
export const DutyBody = closed({
  name: Text,
  staffNo: Type.Optional(
    Type.String({ minLength: 1, maxLength: 100, description: 'Tells two of one name apart.' }),
  ),
  phone: Type.Optional(Text),
  from: Moment,
  to: Type.Optional(orNull(Moment)),
  rename: Type.Optional(
    Type.Boolean({ description: 'The name of that staff number was wrong; this one is right.' }),
  ),
})

export const dutyView = (
  { manager, from, to }: Duty,
  civil: CivilTime,
): Static<typeof DutyView> => ({
  manager: { ...manager },
  from: civil.iso(from),
  to: to === null ? null : civil.iso(to),
})

export const nodeDutyView = (
  { node, name, duty }: NodeDuty,
  civil: CivilTime,
): Static<typeof NodeDutyView> => ({
  ...{ kind: node.kind, code: node.code, name },
  duty: duty === null ? null : dutyView(duty, civil),
})
