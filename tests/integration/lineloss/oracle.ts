/**
 * Losses worked out hour by hour with whole numbers and sets: slow, plain, and without a line of
 * the product. A month here has 30 days, and hour 0 is its first civil midnight.
 */

import { customersLoss, technicalOf } from './oracle-technical.ts'
import { energiesOf, every, some } from './oracle-time.ts'
import {
  add,
  empty,
  type Held,
  HOURS,
  hoursOfWorld,
  type OracleLoss,
  type OracleSet,
  type Part,
  rateOf,
  setsOf,
  type World,
} from './oracle-world.ts'

/** By `scope id period`: the losses of every node and set, period `month` or the number of a day. */
export function oracleLosses(world: World): Map<string, OracleLoss> {
  const { nodes, places, days } = world
  const all = days * HOURS
  const kindOf = new Map(nodes.map(({ id, kind }) => [id, kind]))
  const ids = nodes.map(({ id }) => id)
  const { status, parents, gated } = hoursOfWorld(world)
  const found = new Map<string, OracleLoss>()
  const rows = [...status].map(([key, hours]) => {
    const [node, point, part] = key.split(' ')
    return { node: Number(node), point: Number(point), part: part as Part, hours }
  })
  const periods: (number | 'month')[] = [...Array(days).keys(), 'month']
  const hoursOf = (period: number | 'month') =>
    period === 'month' ? { from: 0, to: all } : { from: period * HOURS, to: (period + 1) * HOURS }
  const { useOf, lastHours } = energiesOf(world)
  const isSwapped = (point: number, { from, to }: Held) =>
    world.swaps.some((one) => one.point === point && !one.isNoted && one.at > from && one.at <= to)
  const hasFallen = (point: number, day: number) =>
    world.falls.some((one) => one.point === point && one.day === day)

  /** The points that were at two places of a kind in a day, as pairs of nodes. */
  const roleOf = {
    gateway: 'supply',
    user: 'receive',
    source: 'generation',
    auxiliary: 'auxiliary',
  }
  const movedFrom = (node: number, point: number, part: Part, day: Held): number[] => {
    if (part === 'passed') {
      return rows
        .filter((row) => row.part === 'passed' && row.point === point && row.node !== node)
        .filter(({ hours }) => some(hours, day))
        .map((row) => row.node)
    }
    return places
      .filter((one) => one.point === point && one.node !== node && one.role === roleOf[part])
      .filter((one) => kindOf.get(one.node) === kindOf.get(node))
      .filter(({ from, to }) => from < day.to && to > day.from)
      .map((one) => one.node)
  }

  const grid = { world, rows, parents, gated, kindOf, movedFrom }

  const nodeLoss = (node: number, period: number | 'month'): OracleLoss => {
    const span = hoursOf(period)
    const own = rows.filter((row) => row.node === node && some(row.hours, span))
    const sums = empty()
    const reasons = new Set<string>()
    let [heads, oneWay] = [0, 0]
    for (const { point, part, hours } of own) {
      const isCut = !every(hours, span)
      const isMoved = period !== 'month' && isCut && movedFrom(node, point, part, span).length > 0
      if (isMoved) reasons.add('moved')
      const forward = useOf(point, 'forward', period, hours)
      const back = useOf(point, 'back', period, hours)
      const isRead = forward !== undefined && forward.quality !== 4
      const counts = !(isMoved && !hours[span.to - 1])
      const [f, b] = counts ? [forward?.energy ?? 0n, back?.energy ?? 0n] : [0n, 0n]
      const estimated = counts ? (forward?.estimated ?? 0n) + (back?.estimated ?? 0n) : 0n
      sums.estimated += estimated
      if (part === 'gateway' || part === 'passed') sums.atGateways += estimated
      const isFallen = period !== 'month' && !isRead && hasFallen(point, period)
      if (isFallen || (forward?.energy ?? 0n) < 0n) reasons.add('register-fell')
      if (!isRead && isSwapped(point, span)) reasons.add('swap-unresolved')
      if (part === 'gateway') {
        heads += 1
        if (back === undefined) oneWay += 1
        sums.supply += f
        sums.reverse += b
      }
      if (part === 'passed') {
        sums.passed += f
        sums.returned += b
      }
      if (part === 'gateway' || part === 'passed') {
        sums.gateways += 1
        if (isRead) sums.gatewaysRead += 1
      }
      if (part === 'user' || part === 'source') {
        sums.sale += f
        sums.generation += b
        if (part === 'user' && counts && forward !== undefined) {
          const lost = customersLoss(world, point, kindOf.get(node), period, hours)
          sums.transformerSale += lost
          sums.sale += lost
        }
      }
      if (part === 'auxiliary') sums.auxiliary += f
      if (part === 'user' || part === 'auxiliary') {
        sums.users += 1
        if (isRead) sums.usersRead += 1
      }
      if (part === 'source') {
        sums.sources += 1
        if (isRead && back !== undefined) sums.sourcesRead += 1
      }
    }
    for (let hour = span.from; hour < span.to; hour += 1) {
      const here = own.filter(({ hours }) => hours[hour])
      const hasHead = gated[hour]?.has(node) === true
      if (here.some(({ part }) => part !== 'gateway') && !hasHead) reasons.add('no-gateway')
      if (heads === 0) continue
      for (const [child, parent] of parents[hour] ?? []) {
        if (parent === node && !gated[hour]?.has(child)) reasons.add('child-unmetered')
      }
    }
    if (heads === 0) reasons.add('no-gateway')
    if (sums.users + sums.sources + sums.gateways - heads === 0) reasons.add('no-users')
    if (period === 'month') {
      for (let day = 0; day < days; day += 1) {
        const before = found.get(`node ${node} ${day}`)
        if (own.length > 0 && before?.reasons.includes('moved')) reasons.add('moved')
      }
    }
    const computed = judged(sums, reasons, oneWay)
    return { ...computed, ...technicalOf(grid, node, period, computed) }
  }

  const judged = (sums: OracleLoss, reasons: Set<string>, oneWay: number): OracleLoss => {
    const input = sums.supply + sums.generation + sums.returned - sums.reverse
    const output = sums.sale + sums.passed + sums.auxiliary
    if (sums.gatewaysRead < sums.gateways) reasons.add('gateway-unread')
    if (sums.generation > 0n && oneWay > 0) reasons.add('reverse-unread')
    if (sums.sourcesRead < sums.sources) reasons.add('source-unread')
    if (BigInt(sums.usersRead) * 100n < BigInt(sums.users) * world.usersMin) {
      reasons.add('users-unread')
    }
    if (sums.estimated * 100n > world.estimatedMax * input) reasons.add('estimated')
    sums.reasons = [...reasons].toSorted()
    sums.loss = reasons.size === 0 ? input - output : null
    sums.rate = sums.loss !== null && input > 0n ? rateOf(sums.loss, input) : null
    return sums
  }

  const sets = setsOf(world, parents)

  /** Hour by hour where a point is at the border of a set: on one side of it only. */
  const border = new Map<string, boolean[]>()
  const borderOf = (set: OracleSet, part: Part, point: number): boolean[] => {
    const key = `${set.name} ${part} ${point}`
    const known = border.get(key)
    if (known !== undefined) return known
    const other = part === 'gateway' ? 'passed' : 'gateway'
    const own = rows.filter((row) => row.point === point)
    const isIn = (wanted: Part, hour: number) =>
      own.some(
        (row) => row.part === wanted && row.hours[hour] && set.has.get(row.node)?.[hour] === true,
      )
    const hours = Array.from({ length: all }, (_, hour) => isIn(part, hour) && !isIn(other, hour))
    border.set(key, hours)
    return hours
  }
  const uses = new Map<number, boolean[]>()
  for (const { node, part, hours } of rows) {
    if (part === 'gateway') continue
    const known = uses.get(node) ?? new Array<boolean>(all).fill(false)
    uses.set(
      node,
      known.map((is, hour) => is || hours[hour] === true),
    )
  }

  const setLoss = (set: OracleSet, period: number | 'month'): OracleLoss => {
    const span = hoursOf(period)
    const sums = empty()
    const reasons = new Set<string>()
    const inside = (node: number, hour: number) => set.has.get(node)?.[hour] === true
    let [heads, oneWay, passedOn] = [0, 0, 0]
    for (const part of ['gateway', 'passed'] as const) {
      for (const point of new Set(
        rows.filter((row) => row.part === part).map((row) => row.point),
      )) {
        const hours = borderOf(set, part, point)
        if (!some(hours, span)) continue
        const forward = useOf(point, 'forward', period, hours)
        const back = useOf(point, 'back', period, hours)
        sums.gateways += 1
        sums.atGateways += (forward?.estimated ?? 0n) + (back?.estimated ?? 0n)
        if (forward !== undefined && forward.quality !== 4) sums.gatewaysRead += 1
        if (part === 'gateway') {
          heads += 1
          if (back === undefined) oneWay += 1
          sums.supply += forward?.energy ?? 0n
          sums.reverse += back?.energy ?? 0n
        } else {
          passedOn += 1
          sums.passed += forward?.energy ?? 0n
          sums.returned += back?.energy ?? 0n
        }
      }
    }
    for (const node of ids) {
      const hours = set.has.get(node) ?? []
      if (!some(hours, span)) continue
      if (period !== 'month' || every(hours, span)) {
        const own = found.get(`node ${node} ${period}`) ?? empty()
        add(sums, own)
        sums.users += own.users
        sums.usersRead += own.usersRead
        sums.sources += own.sources
        sums.sourcesRead += own.sourcesRead
      } else {
        const own = lastHours(hours).map((day) => found.get(`node ${node} ${day}`) ?? empty())
        const most = (of: (one: OracleLoss) => number) => Math.max(0, ...own.map(of))
        for (const one of own) add(sums, one)
        const [users, sources] = [most((one) => one.users), most((one) => one.sources)]
        sums.users += users
        sums.usersRead += users - most((one) => one.users - one.usersRead)
        sums.sources += sources
        sums.sourcesRead += sources - most((one) => one.sources - one.sourcesRead)
      }
    }
    for (let hour = span.from; hour < span.to; hour += 1) {
      for (const node of ids) {
        if (!inside(node, hour)) continue
        let up: number | undefined = node
        while (up !== undefined && inside(up, hour) && !gated[hour]?.has(up)) {
          up = parents[hour]?.get(up)
        }
        const isFed = up !== undefined && inside(up, hour)
        if (uses.get(node)?.[hour] && !isFed) reasons.add('no-gateway')
        if (heads === 0) continue
        for (const [child, parent] of parents[hour] ?? []) {
          if (parent === node && !inside(child, hour) && !gated[hour]?.has(child)) {
            reasons.add('child-unmetered')
          }
        }
      }
    }
    if (heads === 0) reasons.add('no-gateway')
    if (sums.users + sums.sources + passedOn === 0) reasons.add('no-users')
    if (period === 'month') {
      for (let day = 0; day < days; day += 1) {
        if (found.get(`${set.name} ${day}`)?.reasons.includes('moved')) reasons.add('moved')
      }
    } else if (isSplit(set, span)) reasons.add('moved')
    sums.estimated += sums.atGateways
    return judged(sums, reasons, oneWay)
  }

  /** Whether something that counted at two places in a day counted inside and outside. */
  const isSplit = (set: OracleSet, day: Held): boolean => {
    const within = (node: number) => some(set.has.get(node) ?? [], day)
    for (const place of places) {
      if (!(place.to > day.from && place.to < day.to)) continue
      const part = Object.entries(roleOf).find(([, role]) => role === place.role)?.[0] as Part
      const others = movedFrom(place.node, place.point, part, day)
      if (others.some((other) => within(other) !== within(place.node))) return true
    }
    return ids.some((node) => {
      const hours = set.has.get(node) ?? []
      if (!some(hours, day) || every(hours, day)) return false
      const above = new Set<number>()
      for (let hour = day.from; hour < day.to; hour += 1) {
        const parent = parents[hour]?.get(node)
        if (parent !== undefined) above.add(parent)
      }
      return above.size > 1
    })
  }

  for (const period of periods) {
    for (const { id, kind } of nodes) {
      const own = nodeLoss(id, period)
      found.set(`node ${id} ${period}`, own)
      if (kind === 'area' || kind === 'feeder' || kind === 'bus') {
        found.set(`${kind} ${id} ${period}`, own)
      }
    }
    for (const set of sets) found.set(`${set.name} ${period}`, setLoss(set, period))
  }
  return found
}
