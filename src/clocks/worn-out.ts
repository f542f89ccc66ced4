import { idOf, instant } from '#src/core'
import type { ClockOptions } from './clocks.ts'
import { countDone } from './correction-queries.ts'
import { clockRules, isDoubtful, type Measured } from './rules.ts'
import type { ClockDevice } from './types.ts'

/** Corrected often enough and off again: only another meter helps, and a case says so. */
export async function isWornOut(
  { db, clock, cases }: Pick<ClockOptions, 'db' | 'clock' | 'cases'>,
  device: ClockDevice,
  measured: Measured,
): Promise<boolean> {
  if (!isDoubtful(measured)) return false
  const since = instant(clock.now() - clockRules.month)
  const times = await countDone(db, device, since)
  if (times < clockRules.correctionsMonthly) return false
  const { kind, id } = device
  await cases.found([
    {
      kind: 'clock.replace',
      key: `clock.replace/${kind}/${id}`,
      subject: kind === 'meter' ? { kind, id: idOf(id) } : { kind: 'concentrator', id: idOf(id) },
      severity: 'medium',
      evidence: { corrections: times, offsetMs: measured.offsetMs, at: measured.measuredAt },
    },
  ])
  return true
}
