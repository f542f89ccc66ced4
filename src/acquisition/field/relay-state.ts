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
  /** Orders whose effect can be read back; no other is given. */
  readonly shown: readonly RelayAction[]
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
  shown: ['trip', 'close', 'allow-close'],
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
    shown: ['trip', 'close', 'allow-close', 'alarm', 'clear-alarm', 'protect', 'unprotect'],
    items: [dataId],
    stateOf(readings) {
      const word = textOf(readings, dataId)
      const bits = word !== null && /^[0-9A-F]{4}$/i.test(word) ? Number.parseInt(word, 16) : null
      const bit = (at: number) => (bits === null ? null : ((bits >> at) & 1) === 1)
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

export function relayViewOf(protocol: ProtocolName): RelayView {
  return views[protocol] ?? commonView
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
