export type Role = 'supply' | 'receive' | 'auxiliary' | 'generation'
/** The number of a day, or the whole month. */
export type Period = number | 'month'
export type Part = 'gateway' | 'passed' | 'user' | 'source' | 'auxiliary'

export interface Held {
  readonly from: number
  readonly to: number
}
export interface OracleNode {
  readonly id: number
  readonly kind: 'region' | 'substation' | 'bus' | 'feeder' | 'area'
  readonly voltage: number | null
}
export interface OracleLink extends Held {
  readonly node: number
  readonly parent: number
}
export interface OraclePlace extends Held {
  readonly point: number
  readonly node: number
  readonly role: Role
}
export interface OracleEnergy {
  readonly energy: bigint
  readonly estimated: bigint
  readonly quality: number
}
/** Forward and back of a point; `month` apart, because a month may be known where a day is not. */
export interface OracleUse {
  readonly days: readonly {
    readonly forward?: OracleEnergy
    readonly back?: OracleEnergy
    readonly reactive?: OracleEnergy
  }[]
  readonly month: {
    readonly forward?: OracleEnergy
    readonly back?: OracleEnergy
    readonly reactive?: OracleEnergy
  }
}
/** A transformer of an area, or of a customer: whole kVA and W, and the hours of its life. */
export interface OraclePlate extends Held {
  readonly code: string
  readonly node?: number
  readonly point?: number
  readonly side: 'high' | 'low'
  readonly kva: bigint
  readonly ironW: bigint
  readonly copperW: bigint
}
/** All lines of a node as one resistance in mΩ, with a shape in hundredths; V. */
export interface OracleNetwork {
  readonly node: number
  readonly milliOhm: bigint
  readonly shape: bigint
  readonly voltage: bigint
}
/** A meter that went at an hour; `isNoted`: with both registers written down. */
export interface OracleSwap {
  readonly point: number
  readonly at: number
  readonly isNoted: boolean
}
export interface World {
  readonly days: number
  readonly nodes: readonly OracleNode[]
  readonly links: readonly OracleLink[]
  readonly places: readonly OraclePlace[]
  readonly uses: ReadonlyMap<number, OracleUse>
  readonly plates: readonly OraclePlate[]
  readonly networks: readonly OracleNetwork[]
  readonly swaps: readonly OracleSwap[]
  /** Days on which the register of a point stood lower at the end than at the start. */
  readonly falls: readonly { readonly point: number; readonly day: number }[]
  /** Least share of users read, in hundredths; most estimated, in hundredths. */
  readonly usersMin: bigint
  readonly estimatedMax: bigint
}

export interface OracleLoss {
  supply: bigint
  reverse: bigint
  generation: bigint
  passed: bigint
  returned: bigint
  sale: bigint
  auxiliary: bigint
  transformerSale: bigint
  estimated: bigint
  /** What of it is of gateways. */
  atGateways: bigint
  users: number
  usersRead: number
  gateways: number
  gatewaysRead: number
  sources: number
  sourcesRead: number
  reasons: string[]
  loss: bigint | null
  rate: string | null
  technical: bigint | null
  transformers: bigint | null
}

export const HOURS = 24

/** A point where it counts as something, hour by hour. */
export interface OracleRow {
  readonly node: number
  readonly point: number
  readonly part: Part
  readonly hours: readonly boolean[]
}

export interface OracleSet {
  readonly name: string
  readonly kind: string
  readonly has: Map<number, boolean[]>
}

/** Which nodes a region, a substation or a level has, hour by hour. */
export function setsOf(
  { nodes, days }: World,
  parents: readonly ReadonlyMap<number, number>[],
): readonly OracleSet[] {
  const all = days * HOURS
  const ids = nodes.map(({ id }) => id)
  const sets: OracleSet[] = []
  for (const top of nodes.filter(({ kind }) => kind === 'region' || kind === 'substation')) {
    const has = new Map(ids.map((id) => [id, new Array<boolean>(all).fill(false)]))
    for (const id of ids) {
      for (let hour = 0; hour < all; hour += 1) {
        let up: number | undefined = id
        while (up !== undefined && up !== top.id) up = parents[hour]?.get(up)
        const hours = has.get(id)
        if (hours && up === top.id) hours[hour] = true
      }
    }
    sets.push({ name: `${top.kind} ${top.id}`, kind: top.kind, has })
  }
  for (const level of new Set(nodes.map(({ voltage }) => voltage))) {
    if (level === null) continue
    const has = new Map(
      nodes.map(({ id, voltage }) => [id, new Array<boolean>(all).fill(voltage === level)]),
    )
    sets.push({ name: `voltage ${level}`, kind: 'voltage', has })
  }
  return sets
}

/** Who counts where and as what in each hour, what hangs on what, and which nodes are metered. */
export function hoursOfWorld({ links, places, days }: World) {
  const all = days * HOURS
  const holds = ({ from, to }: Held, hour: number) => from <= hour && hour < to
  /** By node, point and part, hour by hour. */
  const status = new Map<string, boolean[]>()
  const mark = (node: number, point: number, part: Part, hour: number) => {
    const key = `${node} ${point} ${part}`
    const hours = status.get(key) ?? new Array<boolean>(all).fill(false)
    hours[hour] = true
    status.set(key, hours)
  }
  const parents: Map<number, number>[] = []
  const gated: Set<number>[] = []
  for (let hour = 0; hour < all; hour += 1) {
    const parent = new Map(
      links.filter((link) => holds(link, hour)).map((link) => [link.node, link.parent]),
    )
    const now = places.filter((place) => holds(place, hour))
    const heads = now.filter(({ role }) => role === 'supply')
    const withGate = new Set(heads.map(({ node }) => node))
    parents.push(parent)
    gated.push(withGate)
    for (const { point, node } of heads) {
      mark(node, point, 'gateway', hour)
      let up = parent.get(node)
      while (up !== undefined && !withGate.has(up)) up = parent.get(up)
      if (up !== undefined) mark(up, point, 'passed', hour)
    }
    for (const { point, node, role } of now) {
      if (role === 'generation') mark(node, point, 'source', hour)
      if (role === 'auxiliary') mark(node, point, 'auxiliary', hour)
      if (role !== 'receive') continue
      const isHead = heads.some((head) => head.point === point && head.node !== node)
      mark(node, point, isHead ? 'passed' : 'user', hour)
    }
  }

  return { status, parents, gated }
}

export function add(sums: OracleLoss, own: OracleLoss): void {
  sums.generation += own.generation
  sums.sale += own.sale
  sums.auxiliary += own.auxiliary
  sums.transformerSale += own.transformerSale
  sums.estimated += own.estimated - own.atGateways
}

export function rateOf(loss: bigint, of: bigint): string {
  const size = ((loss < 0n ? -loss : loss) * 2_000_000n + of) / (2n * of)
  const text = String(size).padStart(7, '0')
  const sign = loss < 0n && size > 0n ? '-' : ''
  return `${sign}${text.slice(0, -6)}.${text.slice(-6)}`
}

export const empty = (): OracleLoss => ({
  ...{ supply: 0n, reverse: 0n, generation: 0n, passed: 0n, returned: 0n },
  ...{ sale: 0n, auxiliary: 0n, transformerSale: 0n, estimated: 0n, atGateways: 0n },
  ...{ users: 0, usersRead: 0, gateways: 0, gatewaysRead: 0, sources: 0, sourcesRead: 0 },
  ...{ reasons: [], loss: null, rate: null, technical: null, transformers: null },
})
