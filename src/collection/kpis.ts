import { rateOf } from './rate.ts'
import type { Kpi } from './report-types.ts'
import type { SlotCounts } from './slot-sums.ts'

/** One figure, with what it was made of. */
export function kpi(name: Kpi['name'], numerator: number, denominator: number): Kpi {
  return {
    name,
    formula: formulas[name],
    numerator,
    denominator,
    value: rateOf(numerator, denominator),
  }
}

/** What is due is no success and no failure yet; what is not expected counts nowhere. */
export const formulas: Readonly<Record<Kpi['name'], string>> = {
  finalSuccess: '(received + late) / (received + late + givenUp + estimated)',
  firstPassSuccess:
    'received or late without having failed before / (received + late + givenUp + estimated)',
  timeliness: 'received / (received + late + givenUp + estimated)',
  onlineRate:
    'seconds in which concentrators were online / seconds since each is in service, of the time that has passed',
  coverage: 'usage points with a meter behind an active terminal / usage points',
}

export function slotKpis(counts: SlotCounts): readonly Kpi[] {
  const { received, late, givenUp, estimated, firstPass } = counts
  const ended = received + late + givenUp + estimated
  return [
    kpi('finalSuccess', received + late, ended),
    kpi('firstPassSuccess', firstPass, ended),
    kpi('timeliness', received, ended),
  ]
}
