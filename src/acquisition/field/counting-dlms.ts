import type { Dlms, DlmsSession } from '#protocols/dlms'

/**
 * DLMS for several visits to one meter: each goes on with the invocation counter where the one
 * before ended, since a meter takes none twice.
 */
export function countingDlms(dlms: Dlms): Dlms {
  let last: DlmsSession | null = null
  return {
    ...dlms,
    session(meter, random) {
      const given = meter.access?.invocationCounter ?? 0
      const invocationCounter = Math.max(given, last?.invocationCounter ?? 0)
      last = dlms.session({ ...meter, access: { ...meter.access, invocationCounter } }, random)
      return last
    },
  }
}
