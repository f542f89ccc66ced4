import type { ItemCode } from '#protocols/model'
import type { Database, Db } from '#src/db'
import type { StoredReading } from '#src/readings'
import { type Pointed, selectPointed, selectPointRevision } from './queries.ts'
import type { PointId } from './types.ts'
import { type Arrival, insertArrivals } from './work-queries.ts'

/** What readings of a moment are stored as; freezes are of the past by nature. */
const momentary: readonly StoredReading['dataClass'][] = ['current', 'interval']

/**
 * Stands beside the store of readings: what belongs to a point is written down for the judge, in
 * the transaction that stores it. A reading of a meter without points costs one look into a map.
 */
export class PointInbox {
  readonly #db: Database
  readonly #stir: () => void
  #revision: bigint | null = null
  #points: ReadonlyMap<number, readonly Pointed[]> = new Map()
  #count = 0

  /** `stir` is called once something is there to be judged. */
  constructor(db: Database, stir: () => void) {
    this.#db = db
    this.#stir = stir
  }

  /** How many points there are. */
  get size(): number {
    return this.#count
  }

  async store(readings: readonly StoredReading[], tx: Db): Promise<void> {
    // At a start deliveries of an earlier run may be stored before anything else.
    if (this.#revision === null) await this.#load(tx)
    if (this.#points.size === 0) return
    const arrivals = readings.flatMap((reading) => this.#arrivalsOf(reading))
    if (arrivals.length > 0) await insertArrivals(tx, arrivals)
  }

  /** Something was committed; the judge may look. */
  stored(): void {
    if (this.#points.size > 0) this.#stir()
  }

  /**
   * Looks which points there are, where that changed. What was stored for new ones meanwhile is
   * looked at by the judge from the store.
   */
  async refresh(): Promise<void> {
    const isFirst = this.#revision === null
    const known = new Set([...this.#points.values()].flat().map(keyOf))
    const pointed = await this.#load(this.#db)
    const added = isFirst ? [] : pointed.filter((point) => !known.has(keyOf(point)))
    if (added.length === 0) return
    await this.#db.transaction((tx) =>
      insertArrivals(
        tx,
        added.map(({ id }) => anew(id)),
      ),
    )
    this.#stir()
  }

  /** Nothing where nothing changed. */
  async #load(db: Db): Promise<readonly Pointed[]> {
    const revision = await selectPointRevision(db)
    if (revision === this.#revision) return []
    const pointed = await selectPointed(db)
    this.#points = Map.groupBy(pointed, ({ meterId }) => meterId)
    this.#count = pointed.length
    this.#revision = revision
    return pointed
  }

  #arrivalsOf({ meterId, item, dataClass, value, measuredAt }: StoredReading): readonly Arrival[] {
    const points = this.#points.get(meterId)
    if (points === undefined || value.kind !== 'number' || !momentary.includes(dataClass)) return []
    const { digits, scale } = value
    return points
      .filter((point) => point.item === item)
      .map(({ id }) => ({ pointId: id, at: measuredAt, digits: BigInt(digits), scale }))
  }
}

const keyOf = ({ id, meterId, item }: { id: PointId; meterId: number; item: ItemCode }) =>
  `${id} ${meterId} ${item}`

const anew = (pointId: PointId): Arrival => ({ pointId, at: null, digits: null, scale: null })
