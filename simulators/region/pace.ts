import type { DriverClock } from '#drivers/channel'

/** From `fromMs` of the played time on, it runs `factor` times as fast as the real one. */
interface Leg {
  readonly fromMs: number
  readonly factor: number
}

/**
 * How the time of a field runs beside the real one. It is plain data, fixed before anything starts,
 * so that processes that share it agree on the time without a word: slow where much is to be done,
 * fast where nothing happens.
 */
export interface Pace {
  /** The real moment at which the played time was that of the first leg. */
  readonly realMs: number
  /** In the order of time; at least one. */
  readonly legs: readonly [Leg, ...Leg[]]
}

interface Stretch extends Leg {
  readonly realMs: number
}

/** A clock that runs at a pace; its waits are as long as they look on it. */
export function pacedClock(real: DriverClock, pace: Pace): DriverClock {
  const stretches = stretchesOf(pace)
  const playedAt = (realMs: number) => {
    const { fromMs, factor, realMs: from } = lastWhere(stretches, (each) => each.realMs <= realMs)
    return fromMs + (realMs - from) * factor
  }
  const realAt = (playedMs: number) => {
    const { fromMs, factor, realMs } = lastWhere(stretches, (each) => each.fromMs <= playedMs)
    return realMs + (playedMs - fromMs) / factor
  }
  return {
    now: () => playedAt(real.now()),
    after(ms, run) {
      const nowMs = real.now()
      return real.after(Math.max(0, realAt(playedAt(nowMs) + ms) - nowMs), run)
    },
  }
}

function stretchesOf({ realMs, legs }: Pace): readonly [Stretch, ...Stretch[]] {
  const [first, ...others] = legs
  const stretches: [Stretch, ...Stretch[]] = [{ ...first, realMs }]
  let before = stretches[0]
  for (const leg of others) {
    before = { ...leg, realMs: before.realMs + (leg.fromMs - before.fromMs) / before.factor }
    stretches.push(before)
  }
  return stretches
}

/** Before the first of them time ran as it does in the first. */
function lastWhere(
  stretches: readonly [Stretch, ...Stretch[]],
  holds: (stretch: Stretch) => boolean,
): Stretch {
  return stretches.findLast(holds) ?? stretches[0]
}
