/** A durable item on its way to the database. */
export interface Entry<Item> {
  readonly number: number
  /** Null where its bytes say nothing: it is refused. */
  readonly item: Item | null
  readonly payload: Uint8Array
  readonly weight: number
  readonly committed: (() => void) | null
}
