import type {
  OracleEnergy,
  OracleNetwork,
  OraclePlate,
  OracleSwap,
  OracleUse,
  World,
} from './oracle-world.ts'
import { ALWAYS, DAYS, dice } from './world-dice.ts'

type Bare = Omit<World, 'plates' | 'networks' | 'swaps' | 'falls'>

/** Transformers, lines, reactive meters, swaps and registers that fell, for a world without them. */
export function withDevices(world: Bare, seed: number): World {
  const roll = dice(seed + 9_000)
  const moment = () => (1 + roll.below(DAYS - 2)) * 24 + (roll.is(0.3) ? 1 + roll.below(23) : 0)
  const plates: OraclePlate[] = []
  const plate = (
    of: Pick<OraclePlate, 'node' | 'point'>,
    side: OraclePlate['side'],
    held = ALWAYS,
  ) =>
    void plates.push({
      ...{ code: `T${seed}-${plates.length}`, ...of, side, from: held.from, to: held.to },
      ...{ kva: BigInt(50 * (1 + roll.below(8))), ironW: BigInt(100 + roll.below(400)) },
      copperW: BigInt(900 + roll.below(4_000)),
    })
  for (const { id, kind } of world.nodes) {
    if (kind !== 'area' || roll.is(0.08)) continue
    const side = roll.is(0.8) ? 'low' : 'high'
    const at = moment()
    if (roll.is(0.3)) {
      plate({ node: id }, side, { from: ALWAYS.from, to: at })
      plate({ node: id }, side, { from: at, to: ALWAYS.to })
    } else plate({ node: id }, side)
    if (roll.is(0.1)) plate({ node: id }, side)
  }
  const customers = new Set(
    world.places.filter(({ role }) => role === 'receive').map(({ point }) => point),
  )
  for (const point of customers) {
    if (!roll.is(0.35)) continue
    plate({ point }, roll.is(0.85) ? 'low' : 'high', {
      from: roll.is(0.2) ? moment() : ALWAYS.from,
      to: ALWAYS.to,
    })
  }
  const networks: OracleNetwork[] = world.nodes
    .filter(({ kind }) => kind === 'area' || kind === 'feeder')
    .filter(() => roll.is(0.6))
    .map(({ id, kind }) => ({
      ...{ node: id, milliOhm: BigInt(1 + roll.below(300)), shape: BigInt(100 + roll.below(60)) },
      voltage: kind === 'area' ? 400n : 10_000n,
    }))

  const uses = new Map(world.uses)
  const points = [...uses.keys()]
  for (const point of points) {
    const use = uses.get(point)
    if (use !== undefined && roll.is(0.3)) uses.set(point, withReactive(use, roll))
  }
  const swaps: OracleSwap[] = []
  const falls: { point: number; day: number }[] = []
  const change = (point: number, day: number, forward?: OracleEnergy) => {
    const use = uses.get(point)
    if (use === undefined) return
    const days = use.days.map((one, nth) => {
      if (nth !== day) return one
      const { forward: _, ...others } = one
      return forward === undefined ? others : { ...others, forward }
    })
    uses.set(point, { ...use, days })
  }
  for (let count = roll.below(4); count > 0; count -= 1) {
    const point = roll.of(points)
    if ([...swaps, ...falls].some((one) => one.point === point)) continue
    const at = moment()
    const day = Math.floor((at - 1) / 24)
    if (roll.is(0.4)) {
      falls.push({ point, day })
      change(point, day)
    } else {
      swaps.push({ point, at, isNoted: roll.is(0.4) })
      if (roll.is(0.7)) change(point, day)
    }
  }
  if (roll.is(0.4)) {
    const size = BigInt(1 + roll.below(1_000_000))
    change(roll.of(points), roll.below(DAYS), { energy: -size, estimated: 0n, quality: 1 })
  }
  return { ...world, uses, plates, networks, swaps, falls }
}

function withReactive(use: OracleUse, roll: ReturnType<typeof dice>): OracleUse {
  const days = use.days.map((one) =>
    one.forward === undefined || roll.is(0.02)
      ? one
      : { ...one, reactive: { ...one.forward, energy: BigInt(roll.below(4_000_000)) } },
  )
  const energy = days.reduce((sum, one) => sum + (one.reactive?.energy ?? 0n), 0n)
  const reactive = { energy, estimated: 0n, quality: 1 }
  return { days, month: use.month.forward === undefined ? use.month : { ...use.month, reactive } }
}
