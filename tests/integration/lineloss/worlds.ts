import type {
  OracleEnergy,
  OracleLink,
  OracleNode,
  OraclePlace,
  OracleUse,
  Role,
  World,
} from './oracle-world.ts'
import { withDevices } from './world-devices.ts'
import { ALWAYS, DAYS, dice } from './world-dice.ts'

/** A region with everything that can happen to it in a month. */
export function worldOf(seed: number): World {
  const roll = dice(seed)
  // Ids of their own, so that worlds follow each other in one database.
  const base = seed * 1000
  const nodes: OracleNode[] = []
  const links: OracleLink[] = []
  const places: OraclePlace[] = []
  let points = base
  const node = (kind: OracleNode['kind'], parent: number | null, voltage: number | null = null) => {
    const id = base + nodes.length + 1
    nodes.push({ id, kind, voltage })
    if (parent !== null) links.push({ node: id, parent, ...ALWAYS })
    return id
  }
  const place = (point: number, at: number, role: Role, held = ALWAYS) => {
    places.push({ point, node: at, role, ...held })
    return point
  }
  const point = (at: number, role: Role, held = ALWAYS) => {
    points += 1
    return place(points, at, role, held)
  }
  /** Mostly a midnight, else within a day. */
  const moment = () => (1 + roll.below(DAYS - 2)) * 24 + (roll.is(0.3) ? 1 + roll.below(23) : 0)
  const midnight = () => (1 + roll.below(DAYS - 2)) * 24

  const whole = node('region', null)
  const districts = [node('region', whole), node('region', whole)]
  const ofKind = (kind: OracleNode['kind']) =>
    nodes.filter((one) => one.kind === kind).map(({ id }) => id)
  for (const district of districts) {
    const substation = node('substation', district, 110_000)
    for (let nth = roll.below(2); nth >= 0; nth -= 1) {
      const bus = node('bus', substation, roll.is(0.8) ? 10_000 : 110_000)
      if (roll.is(0.6)) point(bus, 'supply')
      if (roll.is(0.3)) point(bus, 'receive')
    }
    if (roll.is(0.3)) point(substation, 'auxiliary')
  }
  for (const bus of ofKind('bus')) {
    for (let nth = roll.below(2); nth >= 0; nth -= 1) {
      const feeder = node('feeder', bus, 10_000)
      if (roll.is(0.85)) {
        const head = point(feeder, 'supply')
        if (roll.is(0.3)) place(head, bus, 'receive')
      }
      for (let users = roll.below(3); users > 0; users -= 1) point(feeder, 'receive')
      for (let areas = 1 + roll.below(2); areas > 0; areas -= 1) {
        const area = node('area', feeder, 400)
        if (roll.is(0.92)) point(area, 'supply')
        for (let users = 1 + roll.below(3); users > 0; users -= 1) point(area, 'receive')
        if (roll.is(0.3)) point(area, 'generation')
        if (roll.is(0.2)) point(area, 'auxiliary')
      }
    }
  }

  const kindOf = (id: number) => nodes[id - base - 1]?.kind ?? 'area'
  /** Ends a row then, or a day after it began; when that is. */
  const cut = <T extends { readonly from: number; readonly to: number }>(
    all: T[],
    one: T,
    then: number,
  ): number => {
    const to = Math.max(then, one.from + 24)
    all.splice(all.indexOf(one), 1, { ...one, to })
    return to
  }
  const someLink = (kind: OracleNode['kind']) =>
    roll.of(links.filter((link) => kindOf(link.node) === kind && link.to === ALWAYS.to))
  const somePlace = (role: Role) =>
    roll.of(places.filter((one) => one.role === role && one.to === ALWAYS.to))
  const relink = (kind: 'area' | 'feeder', above: 'feeder' | 'bus') => {
    const link = someLink(kind)
    const parent = roll.of(ofKind(above))
    const at = cut(links, link, moment())
    links.push({ node: link.node, parent, from: at, to: ALWAYS.to })
  }
  const events = {
    area: () => relink('area', 'feeder'),
    feeder: () => relink('feeder', 'bus'),
    user() {
      const one = somePlace('receive')
      const other = roll.of(ofKind(kindOf(one.node)))
      if (other === one.node || places.some((p) => p.point === one.point && p.node === other))
        return
      const at = cut(places, one, moment())
      if (roll.is(0.4) && at < (DAYS - 3) * 24) {
        const back = at + (roll.is(0.3) ? 3 : 48)
        place(one.point, other, one.role, { from: at, to: back })
        place(one.point, one.node, one.role, { from: back, to: ALWAYS.to })
      } else place(one.point, other, one.role, { from: at, to: ALWAYS.to })
    },
    // As when a phase is entered: the same place again from a moment on.
    again() {
      const one = roll.of(places.filter(({ to }) => to === ALWAYS.to))
      const at = cut(places, one, moment())
      place(one.point, one.node, one.role, { from: at, to: ALWAYS.to })
    },
    role() {
      const one = somePlace('receive')
      if (places.some((p) => p.point === one.point && p.role === 'supply')) return
      const at = cut(places, one, midnight())
      place(one.point, one.node, 'generation', { from: at, to: ALWAYS.to })
    },
    born: () => void point(roll.of(ofKind('area')), 'receive', { from: moment(), to: ALWAYS.to }),
    ended: () => void cut(places, somePlace('receive'), moment()),
    gate() {
      const one = somePlace('supply')
      const at = cut(places, one, midnight())
      if (roll.is(0.7)) point(one.node, 'supply', { from: at, to: ALWAYS.to })
    },
    newGate() {
      const bare = [...ofKind('area'), ...ofKind('bus')].filter(
        (id) => !places.some((one) => one.node === id && one.role === 'supply'),
      )
      if (bare.length > 0) point(roll.of(bare), 'supply', { from: midnight(), to: ALWAYS.to })
    },
    split() {
      const old = roll.of(ofKind('area'))
      const at = midnight()
      const area = node('area', null, 400)
      links.push({ node: area, parent: someLink('area').parent, from: at, to: ALWAYS.to })
      point(area, 'supply', { from: at, to: ALWAYS.to })
      const users = places.filter(
        (one) => one.node === old && one.role === 'receive' && one.to === ALWAYS.to,
      )
      for (const user of users.slice(0, 1 + roll.below(2))) {
        const then = cut(places, user, at)
        place(user.point, area, 'receive', { from: then, to: ALWAYS.to })
      }
    },
    tie() {
      const head = roll.of(places.filter((one) => one.role === 'supply' && one.to === ALWAYS.to))
      const feeder = roll.of(ofKind('feeder'))
      if (places.some((one) => one.point === head.point && one.node === feeder)) return
      place(head.point, feeder, 'receive', { from: midnight(), to: ALWAYS.to })
    },
  }
  const names = Object.keys(events) as (keyof typeof events)[]
  for (let count = roll.below(7); count > 0; count -= 1) events[roll.of(names)]()

  const isSloppy = roll.is(0.3)
  const energy = (most: number): OracleEnergy => {
    const isEstimated = isSloppy && roll.is(0.1)
    const size = BigInt(1 + roll.below(most))
    return {
      energy: size,
      estimated: isEstimated ? size / BigInt(1 + roll.below(3)) : 0n,
      quality: isSloppy && roll.is(0.01) ? 4 : 1,
    }
  }
  const uses = new Map<number, OracleUse>()
  for (let id = base + 1; id <= points; id += 1) {
    const isHead = places.some((one) => one.point === id && one.role === 'supply')
    const feedsIn = places.some((one) => one.point === id && one.role === 'generation')
    const hasBack = feedsIn || isHead ? roll.is(0.95) : roll.is(0.1)
    const truth = Array.from({ length: DAYS }, () => ({
      forward: energy(isHead ? 90_000_000 : 9_000_000),
      back: hasBack ? energy(isHead || feedsIn ? 7_000_000 : 100_000) : undefined,
    }))
    const isKnown = () => !(isSloppy && roll.is(0.03))
    const days = truth.map(({ forward, back }) =>
      isKnown() ? { forward, ...(back && isKnown() ? { back } : {}) } : {},
    )
    const monthOf = (some: readonly (OracleEnergy | undefined)[]): OracleEnergy => ({
      energy: some.reduce((sum, one) => sum + (one?.energy ?? 0n), 0n),
      estimated: some.reduce((sum, one) => sum + (one?.estimated ?? 0n), 0n),
      quality: 1,
    })
    const month = isKnown()
      ? {
          forward: monthOf(truth.map(({ forward }) => forward)),
          ...(hasBack ? { back: monthOf(truth.map(({ back }) => back)) } : {}),
        }
      : {}
    uses.set(id, { days, month })
  }
  return withDevices(
    {
      ...{ days: DAYS, nodes, links, places, uses },
      ...{ usersMin: isSloppy ? 70n : 98n, estimatedMax: 5n },
    },
    seed,
  )
}

/** The same world as it turns out to have been: late values, and an archive that was wrong. */
export function correctedOf(world: World, seed: number) {
  const roll = dice(seed)
  const ofKind = (kind: OracleNode['kind']) =>
    world.nodes.filter((one) => one.kind === kind).map(({ id }) => id)
  const midnight = () => (1 + roll.below(DAYS - 2)) * 24
  const late = [roll.of([...world.uses.keys()]), roll.of([...world.uses.keys()])]
  const uses = new Map(world.uses)
  for (const point of late) {
    const days = Array.from({ length: DAYS }, () => ({
      forward: { energy: BigInt(1 + roll.below(5_000_000)), estimated: 0n, quality: 1 },
    }))
    const energy = days.reduce((sum, { forward }) => sum + forward.energy, 0n)
    uses.set(point, { days, month: { forward: { energy, estimated: 0n, quality: 1 } } })
  }
  const { point } = roll.of(world.places)
  const places = world.places.filter((one) => one.point !== point)
  const [role, at] = [roll.of(['supply', 'receive'] as const), midnight()]
  const kind = roll.of(['area', 'feeder'] as const)
  const [first, second] = [roll.of(ofKind(kind)), roll.of(ofKind(kind))]
  places.push({ point, node: first, role, from: ALWAYS.from, to: at })
  places.push({ point, node: second, role, from: at, to: ALWAYS.to })
  const node = roll.of(ofKind('area'))
  const links = world.links.filter((one) => one.node !== node)
  const since = midnight()
  links.push({ node, parent: roll.of(ofKind('feeder')), from: ALWAYS.from, to: since })
  links.push({ node, parent: roll.of(ofKind('feeder')), from: since, to: ALWAYS.to })
  const old = roll.of(world.plates)
  const plate = { ...old, kva: old.kva * 2n }
  const plates = world.plates.map((one) => (one === old ? plate : one))
  return { world: { ...world, uses, places, links, plates }, late, point, node, plate }
}
