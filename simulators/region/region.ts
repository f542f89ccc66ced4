import type { FieldPorts } from '#simulators/fleet'
import { sumOfCounts } from '#simulators/line'
import { Site } from '#simulators/meter'
import { type Place, playConcentrator } from './concentrator.ts'
import { concentratorOf, type RegionSpec } from './plan.ts'

/** Which of the concentrators a process plays: every `of`-th, from the `nth`. */
export interface Share {
  readonly nth: number
  readonly of: number
}

export interface RegionPart {
  /** Concentrators played here, those that never call not counted, and those connected now. */
  stats(): { readonly devices: number; readonly connected: number; readonly answers: number }
  stop(): Promise<void>
}

/** Calls that begin in one second of the field's time, so that no flood of logins comes at once. */
const CALLS_PER_SECOND = 100

/** Plays a process's share of a region until it is stopped. */
export function startRegionPart(
  spec: RegionSpec,
  share: Share,
  place: Place,
  ports: FieldPorts,
): RegionPart {
  const site = new Site(spec.zone, spec.seed)
  const devices: NonNullable<ReturnType<typeof playConcentrator>>[] = []
  let cancel = () => {}
  const begin = (nth: number) => {
    if (nth >= spec.concentrators) return
    const device = playConcentrator(concentratorOf(spec, nth), spec, place, site, ports)
    if (device) devices.push(device)
    const waitMs = (1_000 * share.of) / CALLS_PER_SECOND
    cancel = ports.clock.after(waitMs, () => begin(nth + share.of))
  }
  begin(share.nth)
  return {
    stats: () => ({
      devices: devices.length,
      connected: devices.filter((device) => device.connections() > 0).length,
      answers: sumOfCounts(devices.map(({ counts }) => counts)).answers,
    }),
    async stop() {
      cancel()
      await Promise.all(devices.map((device) => device.stop()))
    },
  }
}
