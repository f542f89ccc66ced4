/** Counts what happens at the door; every member is optional work for /metrics and the log. */
export interface DialInObserver {
  accepted?(): void
  /** Too many connections, or too many logins nobody has taken yet. */
  refused?(): void
  /** Too many callers had not said who they are: most from here, and this one waited longest. */
  crowdedOut?(remoteAddress: string): void
  /** It said who it is, and was not let in. */
  turnedAway?(identity: string): void
  loggedIn?(identity: string, rule: string): void
  loginTimedOut?(remoteAddress: string): void
  /** Bytes before a login that no rule understood. */
  garbage?(count: number, remoteAddress: string): void
  heartbeat?(identity: string): void
  takenOver?(takeover: Takeover): void
  idledOut?(identity: string): void
  ended?(identity: string): void
}

/** The same identity dialled in again while connected. `times` grows when two devices share it. */
export interface Takeover {
  readonly identity: string
  readonly oldAddress: string
  readonly newAddress: string
  readonly times: number
}
