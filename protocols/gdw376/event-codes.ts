import type { EventCode } from '#protocols/model'

/**
 * Events ERC of AFN 0EH under the codes of the catalogue, and how their records say more. `point`:
 * the metering point stands behind the time, with the start or end flag in D15. `phases`: a byte
 * behind it has the phases in D2..D0. `kinds`: D7 D6 of that byte tell what it is, each with a code
 * and, in the series, the number of its own; others are told by the row's code.
 */
export interface EventForm {
  readonly code: EventCode
  readonly point: boolean
  readonly phases?: true
  readonly kinds?: Readonly<Record<number, EventCode>>
  /** The second time of the record is the end of the event (ERC14). */
  readonly endsBehind?: true
}

const own = (code: EventCode): EventForm => ({ code, point: false })
const atPoint = (code: EventCode): EventForm => ({ code, point: true })

/** Clause 5.14 and appendix (事件记录格式), by ERC. */
export const eventForms: Readonly<Record<number, EventForm>> = {
  1: own('terminal-initialised'),
  2: own('parameters-lost'),
  3: own('terminal-programmed'),
  4: own('state-input-changed'),
  5: own('remote-trip'),
  6: own('power-control-trip'),
  7: own('energy-control-trip'),
  8: atPoint('meter-parameters-changed'),
  // Short, open, reversed.
  9: {
    ...atPoint('current-circuit'),
    phases: true,
    kinds: { 1: 'current-cut', 2: 'power-reversed' },
  },
  10: {
    ...atPoint('voltage-circuit'),
    phases: true,
    kinds: { 1: 'phase-loss', 2: 'voltage-loss' },
  },
  11: atPoint('phase-sequence'),
  12: atPoint('clock-beyond-tolerance'),
  13: atPoint('meter-fault'),
  14: { ...own('power-failure'), endsBehind: true },
  15: { ...atPoint('harmonics'), phases: true },
  16: atPoint('dc-analogue-limits'),
  17: atPoint('unbalance'),
  18: atPoint('capacitor-locked'),
  19: own('purchase-set'),
  20: own('authentication-failed'),
  21: own('terminal-fault'),
  22: own('energy-difference'),
  23: own('energy-control-alarm'),
  24: {
    ...atPoint('voltage-limits'),
    phases: true,
    kinds: { 1: 'over-voltage', 2: 'under-voltage' },
  },
  25: { ...atPoint('over-current'), phases: true },
  26: atPoint('apparent-power-limits'),
  27: atPoint('register-down'),
  28: atPoint('register-off'),
  29: atPoint('meter-flies'),
  30: atPoint('meter-stopped'),
  31: atPoint('meter-unread'),
  32: own('traffic-over-limit'),
  33: atPoint('run-status-changed'),
  34: { ...atPoint('current-transformer'), phases: true },
  35: own('unknown-meter'),
  36: own('control-output-changed'),
  37: atPoint('cover-open'),
  38: atPoint('terminal-cover-open'),
  39: atPoint('compensation-fault'),
  40: atPoint('magnetic-field'),
  41: atPoint('clock-set'),
}
