import type { EventCode } from '#protocols/model'

/**
 * Objects of events (事件类, 附录 F.3) by OI. `phased` ones are of interface class 24: their record
 * tables are the attributes 6 to 9, of the whole meter and of the phases A, B and C; the others are
 * of class 7 and keep theirs in attribute 2.
 */
export interface EventObject {
  readonly code: EventCode
  readonly phased: boolean
}

const plain = (code: EventCode): EventObject => ({ code, phased: false })
const byPhase = (code: EventCode): EventObject => ({ code, phased: true })

export const eventObjects: Readonly<Record<string, EventObject>> = {
  // Of a meter (30xx)
  '3000': byPhase('voltage-loss'),
  '3001': byPhase('under-voltage'),
  '3002': byPhase('over-voltage'),
  '3003': byPhase('phase-loss'),
  '3004': byPhase('current-loss'),
  '3005': byPhase('over-current'),
  '3006': byPhase('current-cut'),
  '3007': byPhase('power-reversed'),
  '3008': byPhase('overload'),
  '3009': plain('demand-over-limit'),
  '300A': plain('demand-over-limit'),
  '300B': byPhase('demand-over-limit'),
  '300C': plain('power-factor-low'),
  '300D': plain('all-voltage-loss'),
  '300E': plain('auxiliary-loss'),
  '300F': plain('voltage-sequence'),
  '3010': plain('current-sequence'),
  '3011': plain('power-failure'),
  '3012': plain('programming'),
  '3013': plain('meter-clear'),
  '3014': plain('demand-clear'),
  '3015': plain('event-clear'),
  '3016': plain('clock-set'),
  '3017': plain('period-table-set'),
  '3018': plain('zone-table-set'),
  '3019': plain('rest-days-set'),
  '301A': plain('settlement-days-set'),
  '301B': plain('cover-open'),
  '301C': plain('terminal-cover-open'),
  '301D': plain('voltage-unbalance'),
  '301E': plain('current-unbalance'),
  '301F': plain('trip'),
  '3020': plain('close'),
  '3021': plain('holidays-set'),
  '3022': plain('active-combination-set'),
  '3023': plain('reactive-combination-set'),
  '3024': plain('prices-set'),
  '3025': plain('steps-set'),
  '3026': plain('key-changed'),
  '3027': plain('card-abnormal'),
  '3028': plain('purchase'),
  '3029': plain('refund'),
  '302A': plain('magnetic-field'),
  '302B': plain('relay-fault'),
  '302C': plain('power-supply-abnormal'),
  '302D': plain('severe-current-unbalance'),
  '302E': plain('clock-fault'),
  '302F': plain('metering-chip-fault'),
  '3030': plain('communication-module-changed'),
  // Of a terminal (31xx)
  '3100': plain('terminal-initialised'),
  '3101': plain('terminal-version-changed'),
  '3104': plain('state-input-changed'),
  '3105': plain('clock-beyond-tolerance'),
  '3106': plain('power-failure'),
  '3107': plain('dc-analogue-limits'),
  '3108': plain('dc-analogue-limits'),
  '3109': plain('authentication-failed'),
  '310A': plain('terminal-fault'),
  '310B': plain('register-down'),
  '310C': plain('register-off'),
  '310D': plain('meter-flies'),
  '310E': plain('meter-stopped'),
  '310F': plain('meter-unread'),
  '3110': plain('traffic-over-limit'),
  '3111': plain('unknown-meter'),
  '3112': plain('foreign-area-meter'),
  '3114': plain('clock-set'),
  '3115': plain('remote-trip'),
  '3116': plain('energy-difference'),
  '3117': plain('control-output-changed'),
  '3118': plain('terminal-programmed'),
  '3119': plain('current-circuit'),
  '311A': plain('current-transformer'),
  // Of control (32xx)
  '3200': plain('power-control-trip'),
  '3201': plain('energy-control-trip'),
  '3202': plain('purchase-set'),
  '3203': plain('energy-control-alarm'),
}
