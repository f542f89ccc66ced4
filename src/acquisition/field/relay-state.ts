import { type ProtocolName, type Reading, type RelayAction, valueText } from '#protocols/model'

/** What a device says of its relay; null is what it does not say. */
export interface RelayState {
  readonly contact: 'open' | 'closed' | null
  /** A trip stands ordered; closing is not allowed (继电器命令状态). */
  readonly tripOrdered: boolean | null
  readonly alarm: boolean | null
  /** Supply is kept (保电). */
  readonly isKept: boolean | null
  /** The word it says so in, for people. */
  readonly word: string | null
}

/** How a protocol tells the state of a relay, and how long it waits before it moves one. */
export interface RelayView {
  /** Orders that are not given, and why; of all others the effect can be read back. */
  readonly why: Readonly<Partial<Record<RelayAction, string>>>
  readonly items: readonly string[]
  /** Minutes that pass between an order and the opening, and the closing; null where none do. */
  readonly tripDelay: string | null
  readonly closeDelay: string | null
  stateOf(readings: readonly Reading[]): RelayState
}

const CONTACT = '0.0.96.3.10'
/** Run status word 3 of DL/T 645-2007 (电表运行状态字 3). */
const STATUS_3 = '04000503'
const STATUS_3_OF_698 = '20140203'
/** Control state of the disconnect control (Blue Book, class 70): 0 disconnected, 2 ready to close. */
const CONTROL_STATE = '70:0.0.96.3.10.255:3'
const DISCONNECTED = '0'
const TRIP_ORDERED = 6
const ALARM = 7
const KEPT = 12

/** The register model's relay state, which every protocol with a relay has. */
const commonView: RelayView = {
  why: unshown(['alarm', 'clear-alarm', 'protect', 'unprotect']),
  items: [CONTACT],
  tripDelay: null,
  closeDelay: null,
  stateOf: (readings) => ({
    contact: contactOf(readings),
    tripOrdered: null,
    alarm: null,
    isKept: null,
    word: null,
  }),
}

const views: Readonly<Partial<Record<ProtocolName, RelayView>>> = {
  'dlt645-2007': { ...wordView(STATUS_3), tripDelay: '04001401', closeDelay: '04001402' },
  dlt698: wordView(STATUS_3_OF_698),
  dlms: {
    ...commonView,
    items: [CONTACT, CONTROL_STATE],
    stateOf(readings) {
      const state = readings.find(({ dataId }) => dataId === CONTROL_STATE)
      const text = state ? valueText(state.value) : null
      const tripOrdered = text === null ? null : text === DISCONNECTED
      return { ...commonView.stateOf(readings), tripOrdered, word: text }
    },
  },
}

/** A view of the run status word 3, which has all there is to know. */
function wordView(dataId: string): RelayView {
  return {
    ...commonView,
    why: {},
    items: [dataId],
    stateOf(readings) {
      const word = textOf(readings, dataId)
      const bits = word !== null && /^[0-9A-F]{4}$/i.test(word) ? Number.parseInt(word, 16) : null
      const bit = (at: number) => (bits === null ? null : bitOf(bits, at))
      return {
        contact: contactOf(readings),
        tripOrdered: bit(TRIP_ORDERED),
        alarm: bit(ALARM),
        isKept: bit(KEPT),
        word,
      }
    },
  }
}

/** How the device behind an address tells its relay; of 376.1 a round and the whole terminal differ. */
export function relayViewOf(protocol: ProtocolName, address: string): RelayView {
  if (protocol !== 'gdw376') return views[protocol] ?? commonView
  const [terminal = '', round] = address.split('/')
  return round === undefined ? terminalView(terminal) : roundView(terminal, Number(round))
}

function unshown(actions: readonly RelayAction[]): RelayView['why'] {
  const why = (action: RelayAction) =>
    [action, `such devices show no "${action}" that could be read back`] as const
  return Object.fromEntries(actions.map(why))
}

const ROUNDS = 8
const ROUND_STATE = '0C-F6'
const SETTINGS_STATE = '0C-F5'
/** 0C F5: keep-supply, removal and dunning alarm are in force (保电、剔除、催费告警投入). */
const KEEP_BIT = 0
const DUNNING_BIT = 2

/** A control round (控制轮次) of a terminal: 0C F6 shows which are tripped by remote order. */
function roundView(terminal: string, round: number): RelayView {
  const whole = `376.1 gives this to the whole terminal: --address ${terminal}, without /${round}`
  const none = round > ROUNDS ? `a terminal of 376.1 has the rounds 1 to ${ROUNDS}` : null
  const meters = '; a single meter behind the terminal is ordered with --via'
  const close = `376.1 cannot close at once: --action allow-close lets round ${round} be closed by hand${meters}`
  const wide = { alarm: whole, 'clear-alarm': whole, protect: whole, unprotect: whole }
  return {
    ...commonView,
    why: { ...wide, close, ...(none === null ? {} : { trip: none, 'allow-close': none }) },
    items: [ROUND_STATE],
    stateOf(readings) {
      const rounds = wordOf(readings, ROUND_STATE)
      const isTripped = rounds === null ? null : bitOf(rounds, round - 1)
      const word = rounds === null ? null : `rounds tripped: ${roundsIn(rounds)}`
      // Not tripped means that it may be closed, not that somebody closed it.
      const contact = isTripped ? 'open' : null
      return { contact, tripOrdered: isTripped, alarm: null, isKept: null, word }
    },
  }
}

/** A terminal as a whole: 0C F5 shows what is in force. */
function terminalView(terminal: string): RelayView {
  const one = `a trip or closing is of a control round, --address ${terminal}/1, or of a meter behind, with --via ${terminal}`
  return {
    ...commonView,
    why: { trip: one, close: one, 'allow-close': one },
    items: [SETTINGS_STATE, ROUND_STATE],
    stateOf(readings) {
      const settings = wordOf(readings, SETTINGS_STATE)
      const rounds = wordOf(readings, ROUND_STATE)
      return {
        contact: null,
        tripOrdered: rounds === null ? null : rounds !== 0,
        alarm: settings === null ? null : bitOf(settings, DUNNING_BIT),
        isKept: settings === null ? null : bitOf(settings, KEEP_BIT),
        word: rounds === null ? null : `rounds tripped: ${roundsIn(rounds)}`,
      }
    },
  }
}

/** The first word of an information class; null where it is none. */
function wordOf(readings: readonly Reading[], dataId: string): number | null {
  const text = textOf(readings, dataId)
  return text !== null && /^[0-9A-F]{2}$/i.test(text) ? Number.parseInt(text, 16) : null
}

function roundsIn(rounds: number): string {
  const tripped = Array.from({ length: ROUNDS }, (_, at) => at + 1)
  return tripped.filter((round) => bitOf(rounds, round - 1)).join(', ') || 'none'
}

function bitOf(word: number, at: number): boolean {
  return ((word >> at) & 1) === 1
}

/**
 * Whether a state shows that an order was carried out. An answer is no proof: a trip may wait for
 * its delay or for a high current (延时、大电流), and a close for the button.
 */
export function shows(action: RelayAction, state: RelayState): boolean {
  switch (action) {
    case 'trip':
      return state.contact === 'open'
    case 'close':
      return state.contact === 'closed'
    case 'allow-close':
      return state.tripOrdered === false || state.contact === 'closed'
    case 'alarm':
      return state.alarm === true
    case 'clear-alarm':
      return state.alarm === false
    case 'protect':
      return state.isKept === true
    case 'unprotect':
      return state.isKept === false
  }
}

function contactOf(readings: readonly Reading[]): RelayState['contact'] {
  const reading = readings.find(({ item }) => item === CONTACT)
  const text = reading ? valueText(reading.value) : null
  return text === 'open' || text === 'closed' ? text : null
}

function textOf(readings: readonly Reading[], dataId: string): string | null {
  const reading = readings.find((one) => one.dataId === dataId && one.item !== CONTACT)
  return reading ? valueText(reading.value) : null
}
