/** How meters of a maker differ from the standard; a profile's name is in the meter's archive. */
export interface Deviation {
  /** False where a meter refuses identifiers with FF and each item is read alone. */
  readonly blocks: boolean
  /** False where 0400010C is unknown: date and time are written one after the other. */
  readonly wholeClock: boolean
}

const standard: Deviation = { blocks: true, wholeClock: true }
const deviations: Readonly<Record<string, Deviation>> = {
  'no-blocks': { ...standard, blocks: false },
  // The text of 2007 itself: date and time are two items.
  'split-clock': { ...standard, wholeClock: false },
}

/** Names of the deviations; a meter without one is as the standard says. */
export const profileNames: readonly string[] = Object.keys(deviations)

export function deviationOf(profile: string | null): Deviation {
  return (profile === null ? undefined : deviations[profile]) ?? standard
}
