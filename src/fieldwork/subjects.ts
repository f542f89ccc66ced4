import type { CaseSubject } from '#src/cases'
import { assert } from '#src/core'
import type { Subject } from './queries.ts'
import type { OrderId } from './types.ts'

/** One case for each step of an order, whether it hangs or failed. */
export const caseKeyOf = (id: OrderId, step: string): string => `field-order/${id}/${step}`

export function subjectOf({ meterId, usagePointId, concentratorId }: Subject): CaseSubject {
  if (meterId !== null) return { kind: 'meter', id: meterId }
  if (usagePointId !== null) return { kind: 'usage-point', id: usagePointId }
  assert(concentratorId !== null, 'an order is about something')
  return { kind: 'concentrator', id: concentratorId }
}
