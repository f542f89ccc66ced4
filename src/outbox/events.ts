import type { Db } from '#src/db'

/** What can be written to a file and read back as it was. */
export type PlainData =
  | string
  | number
  | boolean
  | null
  | readonly PlainData[]
  | { readonly [name: string]: PlainData }

/**
 * Something that a device says happened (事件). The outbox carries it as it is; only the owner of
 * events knows its shape, and looks at it again when it comes back.
 */
export type DeviceEventRecord = { readonly [name: string]: PlainData }

/** Where events go, in the transaction that takes them out of the outbox. */
export interface DeviceEvents {
  /** Idempotent by what an event says: the same may come twice, and in any order. */
  store(events: readonly DeviceEventRecord[], tx: Db): Promise<void>
}
