import type { Instant } from '#src/core'
import type { GateKey } from './permit.ts'

/** Something done to the whole gate. */
export interface GateAct {
  /** Counted from 1 without a gap. */
  readonly id: number
  readonly at: Instant
  readonly kind: 'arm' | 'disarm' | 'stop' | 'resume'
  readonly requestedBy: string
  readonly confirmedBy: string | null
  readonly reason: string
  readonly seal: string | null
}

export interface GateState {
  readonly armed: boolean
  readonly stopped: boolean
  /** The last act's number: what was permitted before it is void. */
  readonly epoch: number
}

/** Arming and resuming are believed only as written by this head-end, in this place of the row. */
export function sealAct(act: Omit<GateAct, 'seal'>, key: GateKey): GateAct {
  return { ...act, seal: key.seal(textOf(act)) }
}

/**
 * What all acts together say. It begins disarmed; what opens needs a seal, what closes does not. A
 * row that is missing could have been a stop: then nothing is open.
 */
export function stateAfter(acts: readonly GateAct[], key: GateKey): GateState {
  let [armed, stopped, epoch] = [false, false, 0]
  for (const act of acts) {
    if (act.id !== epoch + 1) return { armed: false, stopped: true, epoch: act.id }
    epoch = act.id
    switch (act.kind) {
      case 'disarm':
        armed = false
        break
      case 'stop':
        stopped = true
        break
      case 'arm':
        if (isSealed(act, key)) armed = true
        break
      case 'resume':
        if (isSealed(act, key)) stopped = false
        break
    }
  }
  return { armed, stopped, epoch }
}

function isSealed(act: GateAct, key: GateKey): boolean {
  return act.seal !== null && key.isSealOf(act.seal, textOf(act))
}

function textOf({ id, at, kind, requestedBy, confirmedBy, reason }: Omit<GateAct, 'seal'>): string {
  return JSON.stringify(['hes-gate-act-1', id, at, kind, requestedBy, confirmedBy, reason])
}
