import { type ItemCode, itemOf } from '#protocols/model'
import { type BusinessDate, type CivilTime, fail, ok, type Result } from '#src/core'
import type { Db } from '#src/db'
import { clip, energyText, type Part, partOf, periodOf } from './energy.ts'
import { meterAddresses, type Origins, originsOf, placeOf, storedDay } from './origins.ts'
import { type Installed, installedAt, registersOf } from './points.ts'
import { qualityOf } from './quality.ts'
import type { Boundary, RegisterSeries } from './register.ts'
import { rolledUp } from './rollup.ts'
import type {
  BoundaryExplained,
  EnergyExplained,
  ExplainRefusal,
  PartExplained,
  ValueOrigin,
} from './types.ts'

/** Where the energy of a day came from: both ends of every installation, and what they rest on. */
export async function explainDay(
  db: Db,
  civil: CivilTime,
  code: string,
  date: BusinessDate,
  register: ItemCode,
): Promise<Result<EnergyExplained, ExplainRefusal>> {
  const item = itemOf(register)
  if (item?.kind !== 'register') return fail('not-a-register')
  const usagePointId = await placeOf(db, code)
  if (usagePointId === undefined) return fail('unknown-usage-point')
  const period = { start: civil.startOf(date), end: civil.startOf(civil.addDays(date, 1)) }
  const installed = await installedAt(db, [usagePointId], period)
  const registers = await registersOf(db, installed, register, period)
  const parts = installed.flatMap((own) => {
    const within = clip(period, own)
    const series = registers.get(own)
    if (within === undefined || series === undefined) return []
    return [{ own, series, part: partOf(own, series, within) }]
  })
  const outcome = periodOf(parts.map(({ own, part }) => ({ part, meterId: own.meterId })))
  const origins = await originsOf(db, register, installed, parts.flatMap(momentsOf))
  const addresses = await meterAddresses(
    db,
    installed.map(({ meterId }) => meterId),
  )
  const kept = rolledUp.includes(register)
    ? await storedDay(db, usagePointId, register, date)
    : undefined
  return ok({
    ...{ usagePoint: code, register, unit: item.unit, date, ...period },
    ...(outcome.kind === 'energy'
      ? {
          energy: energyText(outcome.energy),
          estimated: energyText(outcome.estimated),
          quality: outcome.quality,
          outcome: outcome.kind,
        }
      : { energy: null, estimated: null, quality: null, outcome: outcome.kind }),
    kept: kept
      ? {
          energy: energyText(kept.energy),
          quality: qualityOf(kept.quality),
          computedAt: kept.computed_at,
        }
      : null,
    parts: parts.map(({ own, series, part }) =>
      partExplained(own, series, part, addresses.get(own.meterId) ?? '', origins),
    ),
  })
}

interface Worked {
  readonly own: Installed
  readonly series: RegisterSeries
  readonly part: Part
}

function momentsOf({ own, series, part }: Worked) {
  if (part.kind !== 'energy') return []
  const { from, to } = part.advance
  return [from.first, from.last, to.first, to.last].flatMap((index) => {
    const point = series.points[index]
    return point === undefined ? [] : [{ meterId: own.meterId, at: point.at }]
  })
}

function partExplained(
  own: Installed,
  series: RegisterSeries,
  part: Part,
  address: string,
  origins: Origins,
): PartExplained {
  const facts = {
    installationId: own.id,
    meterId: own.meterId,
    meterAddress: address,
    installedFrom: own.from,
    installedTo: own.to,
    ratio: { numerator: own.numerator, denominator: own.denominator },
  }
  if (part.kind !== 'energy') {
    const nothing = { energy: null, estimated: null, quality: null, rollOvers: 0 }
    return { ...facts, ...nothing, outcome: part.kind, from: null, to: null }
  }
  const { from, to, quality } = part.advance
  return {
    ...facts,
    outcome: 'energy',
    energy: energyText(part.energy),
    estimated: energyText(part.estimated),
    quality,
    rollOvers: to.rolls - from.rolls,
    from: boundaryExplained(own, series, from, origins),
    to: boundaryExplained(own, series, to, origins),
  }
}

function boundaryExplained(
  own: Installed,
  series: RegisterSeries,
  boundary: Boundary,
  origins: Origins,
): BoundaryExplained {
  const indices = [...new Set([boundary.first, boundary.last])]
  return {
    at: boundary.at,
    value: energyText(boundary.micro),
    quality: boundary.quality,
    rests: indices.flatMap((index): ValueOrigin[] => {
      const point = series.points[index]
      return point === undefined ? [] : [...origins.of(own, point.at)]
    }),
  }
}
