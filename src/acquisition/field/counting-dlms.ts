import { createHash } from 'node:crypto'
import type { Dlms } from '#protocols/dlms'
import type { MeterProfile } from '#protocols/model'
import { fail, ok, type Result } from '#src/core'
import type { CounterShelf } from './counter-shelf.ts'
import type { FieldFailure } from './types.ts'

/** DLMS whose sessions take no invocation counter twice, also in another process or after a crash. */
export function countingDlms(dlms: Dlms, shelf: CounterShelf): Dlms {
  return {
    ...dlms,
    session(meter, random) {
      const name = keyName(meter)
      if (name === null) return dlms.session(meter, random)
      return dlms.session(meter, random, () => shelf.next(name, floorOf(meter)))
    },
  }
}

/** Whether counters of a meter's keys can be kept; without them nothing is sent under those keys. */
export function mayCount(shelf: CounterShelf, meter: MeterProfile): Result<void, FieldFailure> {
  const name = keyName(meter)
  if (name === null) return ok(undefined)
  try {
    shelf.ready(name, floorOf(meter))
    return ok(undefined)
  } catch (error) {
    // A folder that cannot be written, a full disk: a counter might come again, so none is used.
    const why = error instanceof Error ? error.message : String(error)
    const message = `the invocation counter cannot be kept: ${why}`
    const fault = 'dlms.counter'
    return fail({ code: 'exchange.gate', message, raw: new Uint8Array(0), fault })
  }
}

const floorOf = ({ access }: MeterProfile) => access?.invocationCounter ?? 0

/**
 * What a counter belongs to: a key and whose messages it is under. Meters that share a key share
 * its counters, since the same number twice under one key gives both messages away.
 */
function keyName({ access }: MeterProfile): string | null {
  const { encryptionKey, systemTitle = '' } = access ?? {}
  if (encryptionKey === undefined) return null
  const sum = createHash('sha256').update(`${encryptionKey} ${systemTitle}`.toUpperCase())
  return sum.digest('hex').slice(0, 32)
}
