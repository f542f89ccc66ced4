/** Counters of a line, for health and /metrics. */
export interface LineCounters {
  sentFrames: number
  answers: number
  refusals: number
  timeouts: number
  damaged: number
  /** Good frames that answered nothing we asked: late answers, other masters, wrong addresses. */
  strays: number
  sentBytes: number
  receivedBytes: number
  /** Bytes within answers that belonged to no good frame: noise and damage. */
  skippedBytes: number
}

export function noLineCounters(): LineCounters {
  return {
    sentFrames: 0,
    answers: 0,
    refusals: 0,
    timeouts: 0,
    damaged: 0,
    strays: 0,
    sentBytes: 0,
    receivedBytes: 0,
    skippedBytes: 0,
  }
}
