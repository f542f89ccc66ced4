import { assert } from '#src/core'
import { type Exact, exact, partOf, plus, product, quotient, rounded } from './exact.ts'

/** What a transformer's plate says; decimals as text, so that they stay exact. */
export interface TransformerPlate {
  readonly ratedKva: string
  readonly noLoadLossW: string
  readonly loadLossW: string
  /** I0 % and Uk %. */
  readonly noLoadCurrentPercent: string
  readonly shortCircuitPercent: string
}

/** What went through it. Energy in 10^-6 kWh and kvarh. */
export interface TransformerLoad {
  readonly active: bigint
  /** Null where there is no reactive meter: the rule's power factor is assumed. */
  readonly reactive: bigint | null
  readonly secondsInService: number
}

/** How a tariff or a balance wants it; data, never a habit of the code. */
export interface TransformerRule {
  /** K: mean of the squares by the square of the mean of the load. */
  readonly shape: string
  readonly powerFactor: string
  /** Whole kWh where the rule says so (变损取整), else 10^-6. */
  readonly step: 'kwh' | 'micro'
}

/** Losses in 10^-6 kWh and kvarh; each is rounded once, and the iron and copper of it too. */
export interface TransformerLoss {
  readonly active: bigint
  readonly iron: bigint
  readonly copper: bigint
  readonly reactive: bigint
  /** What went through and was assumed, where no meter said it. */
  readonly assumedReactive: boolean
}

const MICRO = 1_000_000n
const SECONDS_PER_HOUR = 3_600n

/**
 * Losses of a transformer (变损): P0 h + K Pk (Wp² + Wq²) / (S² h), and I0 % S h + K Uk % (Wp² +
 * Wq²) / (S h). Iron and copper are parts of the whole: copper takes what rounding leaves.
 */
export function transformerLoss(
  plate: TransformerPlate,
  load: TransformerLoad,
  rule: TransformerRule,
): TransformerLoss {
  assert(load.active >= 0n, 'energy through a transformer, whatever its direction')
  assert(load.secondsInService >= 0, 'a time in service')
  const hours = quotient(exact(String(load.secondsInService)), {
    top: SECONDS_PER_HOUR,
    bottom: 1n,
  })
  const kva = exact(plate.ratedKva)
  const squares = squaresOf(load, rule)
  const ironMicro = product(product(exact(plate.noLoadLossW), hours), { top: 1_000n, bottom: 1n })
  const magnetising = product(product(percent(plate.noLoadCurrentPercent), product(kva, hours)), {
    top: MICRO,
    bottom: 1n,
  })
  const isIdle = load.secondsInService === 0
  // W × kWh² / (kVA² h) is Wh: by a thousand for kWh, and by a million once more for 10^-6 twice.
  const copperMicro = isIdle
    ? zero
    : quotient(
        product(product(exact(rule.shape), exact(plate.loadLossW)), squares),
        product(product(product(kva, kva), hours), { top: 1_000_000_000n, bottom: 1n }),
      )
  const leaking = isIdle
    ? zero
    : quotient(
        product(product(exact(rule.shape), percent(plate.shortCircuitPercent)), squares),
        product(product(kva, hours), { top: MICRO, bottom: 1n }),
      )
  const step = rule.step === 'kwh' ? MICRO : 1n
  const active = rounded(plus(ironMicro, copperMicro), step)
  const iron = partOf(active, rounded(ironMicro, step))
  return {
    active,
    iron,
    copper: active - iron,
    reactive: rounded(plus(magnetising, leaking), step),
    assumedReactive: load.reactive === null,
  }
}

const zero: Exact = { top: 0n, bottom: 1n }
const percent = (text: string) => quotient(exact(text), { top: 100n, bottom: 1n })

/** Wp² + Wq²; with an assumed power factor Wp² / cos²φ, which is exact whatever the factor. */
function squaresOf({ active, reactive }: TransformerLoad, { powerFactor }: TransformerRule): Exact {
  if (reactive !== null) return { top: active * active + reactive * reactive, bottom: 1n }
  const factor = exact(powerFactor)
  assert(factor.top > 0n && factor.top <= factor.bottom, 'a power factor above 0 and up to 1')
  return quotient({ top: active * active, bottom: 1n }, product(factor, factor))
}

/** A part of a loss, in the loss's own steps. */
export interface LossShare {
  /** Of one, four decimals: 3333 is 0.3333. */
  readonly ratio: bigint
  readonly loss: bigint
}

const RATIO = 10_000n

/**
 * Shares a transformer's loss among its users by energy (变损分摊): each by a ratio of four
 * decimals in whole steps, and what that leaves or takes too much goes to the largest.
 */
export function shareLoss(
  loss: bigint,
  energies: readonly bigint[],
  step: TransformerRule['step'],
): readonly LossShare[] {
  assert(
    energies.every((energy) => energy >= 0n),
    'energies to share by',
  )
  if (energies.length === 0) return []
  const size = step === 'kwh' ? MICRO : 1n
  const total = energies.reduce((sum, energy) => sum + energy, 0n)
  // Without any energy the iron still lost something: in equal parts.
  const weights = total === 0n ? energies.map(() => 1n) : energies
  const all = total === 0n ? BigInt(energies.length) : total
  const shares = weights.map((weight) => {
    const ratio = rounded({ top: weight * RATIO, bottom: all }, 1n)
    return { ratio, loss: rounded({ top: loss * ratio, bottom: RATIO }, size) }
  })
  const left = loss - shares.reduce((sum, share) => sum + share.loss, 0n)
  const largest = weights.reduce((best, weight, index) => {
    return weight > (weights[best] ?? 0n) ? index : best
  }, 0)
  return shares.map((share, index) =>
    index === largest ? { ...share, loss: share.loss + left } : share,
  )
}
