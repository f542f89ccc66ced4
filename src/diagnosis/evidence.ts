/** What is known of a meter of which something of a day is missing. */
export interface MeterEvidence {
  /** Why its last slot of the day is empty, as the ledger has it; null where it was not asked. */
  readonly reason: string | null
  readonly missing: number
  readonly talk: Talk
  /** The protocol in which it answered when it was asked in others; null for none, or never asked. */
  readonly speaks: string | null
  /** It answered in its own protocol to another question than that of the slot. */
  readonly answersOthers: boolean
  /** It answered on a line that is not its own. */
  readonly isElsewhere: boolean
  readonly clock: ClockEvidence
  readonly line: LineEvidence
}

/** Of a clock: whether what is frozen by it can be of the right day; null while nobody measured it. */
export type ClockEvidence = 'right' | 'wrong' | null

/** Visits of the day that did not go well, by how they ended. */
export interface Talk {
  readonly visits: number
  readonly heard: number
  readonly silent: number
  readonly damaged: number
  readonly clashed: number
  readonly mismatched: number
  readonly refused: number
  readonly denied: number
}

/** What is known of the channel that a meter hangs on; all its meters share it. */
export interface LineEvidence {
  readonly hasConcentrator: boolean
  /** Of the day so far, in seconds. */
  readonly daySeconds: number
  readonly onlineSeconds: number
  readonly sessions: number
  readonly shortSessions: number
  /** It was online before the day began, within a month. */
  readonly wasOnlineBefore: boolean
  /** Its newest connection is open. */
  readonly isOnline: boolean
  /** Since it was there last, in seconds; 0 while it is there. */
  readonly awaySeconds: number
  /** It reads its meters by itself, and what it sends of them is what it had of them. */
  readonly collects: boolean
  /** It was heard itself in the day, whatever its meters say. */
  readonly wasHeard: boolean
  readonly meters: number
  /** Meters of which something of the day came. */
  readonly received: number
  /** Meters whose visits mostly ended so, among those that were asked. */
  readonly silentMeters: number
  readonly damagedMeters: number
  readonly refusedMeters: number
  /** Meters that were asked in other protocols, and those of them that answered in one. */
  readonly probedMeters: number
  readonly otherSpeakers: number
  /** Addresses on the line that are not in the archive, by the last search. */
  readonly strangers: number
  /** Addresses on the line that the archive has elsewhere. */
  readonly guests: number
  /** Whether somebody whom nobody knows called meanwhile and may be this one, 0 to 1. */
  readonly likenessOfCaller: number
  /** Of the concentrator itself. */
  readonly clock: ClockEvidence
  /** Of the head-end's database, in the day, and since it is over; null where there was none. */
  readonly outageSeconds: number
  readonly outageAgoSeconds: number | null
}
