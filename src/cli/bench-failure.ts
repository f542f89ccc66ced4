import { toHex } from '#protocols/bytes'
import type { Refusal } from '#protocols/model'
import type { FieldFailure } from '#src/acquisition/field'
import { type CliFailure, type ExitCode, exitCodes } from './exit.ts'

interface Meaning {
  readonly exit: ExitCode
  readonly next: string
}

/** What each way to fail on a line ends with, and what helps. */
const meanings: Readonly<Record<string, Meaning>> = {
  'exchange.timeout': {
    exit: exitCodes.noAnswer,
    next: 'check address, wiring (A/B swapped?), speed and parity; hes scan shows who answers',
  },
  'dlt645.other-edition': {
    exit: exitCodes.noAnswer,
    next: 'ask it again with that --protocol; hes scan finds meters of both editions',
  },
  'exchange.transport': {
    exit: exitCodes.noAnswer,
    next: 'check the cable, the network and that nobody else holds the port',
  },
  'exchange.damaged': {
    exit: exitCodes.damaged,
    next: 'check speed, parity and termination; hes watch shows what passes on the line',
  },
  'exchange.unreadable': {
    exit: exitCodes.damaged,
    next: 'the frame is whole, its content is not standard: hes decode explains it',
  },
  'exchange.mismatch': {
    exit: exitCodes.damaged,
    next: 'another master may be on the bus, or two devices share an address; try hes watch',
  },
  'exchange.denied': {
    exit: exitCodes.refused,
    next: 'check --via-port, --via-line and the password of the terminal; 0A-F10:1-8 lists its meters',
  },
  'via.meter-silent': {
    exit: exitCodes.noAnswer,
    next: 'the terminal works: check the meter, its address, --via-port and --via-line',
  },
  'via.terminal-silent': {
    exit: exitCodes.noAnswer,
    next: 'check the address of the terminal and the way to it, or give it more --via-wait',
  },
  'exchange.gate': {
    exit: exitCodes.safeguard,
    next: 'this tool only reads and, with hes clock --set, sets clocks',
  },
  'dlms.counter': {
    exit: exitCodes.safeguard,
    next: 'make HES_DATA_DIR writable: under keys nothing is sent before its counter is kept there',
  },
  'exchange.aborted': { exit: exitCodes.failed, next: 'it was stopped; start it again' },
  'scan.busy': { exit: exitCodes.noAnswer, next: 'wait for the end of the other search' },
  'scan.too-long': { exit: exitCodes.failed, next: 'search the rest at its serial line' },
  'modbus.gateway-path': {
    exit: exitCodes.noAnswer,
    next: 'check the unit and the wiring behind the gateway; hes scan shows who answers',
  },
  'modbus.gateway-target': {
    exit: exitCodes.noAnswer,
    next: 'check the unit and the wiring behind the gateway; hes scan shows who answers',
  },
  'read.no-value': { exit: exitCodes.damaged, next: 'ask for the item alone' },
  'read.unsupported': { exit: exitCodes.usage, next: 'ask for an item the protocol has' },
  'field.not-offered': { exit: exitCodes.usage, next: 'use another protocol or command' },
  'field.refused': {
    exit: exitCodes.refused,
    next: 'the device works, but keeps its clock to itself',
  },
  'field.no-clock': { exit: exitCodes.damaged, next: 'ask for its items by hes read' },
  'clock.good': { exit: exitCodes.safeguard, next: 'nothing needs to be done' },
  'clock.open': { exit: exitCodes.safeguard, next: 'hes clock history shows it' },
  'clock.not-measured': { exit: exitCodes.safeguard, next: 'measure it: hes clock measure' },
  'clock.not-now': { exit: exitCodes.safeguard, next: 'wait: it is made when the rules allow it' },
  'clock.host-doubtful': {
    exit: exitCodes.safeguard,
    next: 'let the head-end keep its clock by NTP, or vouch for it: PUT /api/v1/clock-policy',
  },
  'clock.told-today': { exit: exitCodes.safeguard, next: 'wait: it is made tomorrow' },
  'clock.rejected': { exit: exitCodes.safeguard, next: 'ask whoever rejected it' },
  'clock.expired': { exit: exitCodes.safeguard, next: 'measure it, and ask for it again' },
  'parameter.not-taken': {
    exit: exitCodes.failed,
    next: 'the device takes the write and keeps the old value: check its access level and limits',
  },
  'parameter.value': { exit: exitCodes.usage, next: 'hes param read shows how a value looks' },
  'parameter.rejected': { exit: exitCodes.safeguard, next: 'ask whoever rejected it' },
  'parameter.refused': { exit: exitCodes.refused, next: 'the device works; check its passwords' },
  'field.not-taken': {
    exit: exitCodes.refused,
    next: 'meters take a broadcast time only within 5 minutes of their own and once a day',
  },
}

/** A device's own no: `dlt645.no-such-data`, `modbus.illegal-address`. */
const deviceSays = /^(?:dlt645|modbus|mqtt|gdw376|dlt698|dlms)\./

const refused: Meaning = {
  exit: exitCodes.refused,
  next: 'the device works; ask for an item it has',
}

const linkLost: Meaning = {
  exit: exitCodes.noAnswer,
  next: 'check that the device is there and that nobody else holds it; hes doctor lists ports',
}

/** What a failed exchange means for the person who asked. */
export function failureOf(failure: FieldFailure, device: string): CliFailure {
  const unlisted = deviceSays.test(failure.code) ? refused : linkLost
  const { fault } = failure
  const code = fault && meanings[fault] ? fault : failure.code
  const meaning = meanings[code] ?? unlisted
  return {
    exit: meaning.exit,
    code,
    message: `${device}: ${failure.message}`,
    next: meaning.next,
    ...(failure.raw.length === 0 ? {} : { raw: toHex(failure.raw) }),
  }
}

/** What a device's own "no" means. */
export function refusedBy(refusal: Refusal, device: string): CliFailure {
  return failureOf({ ...refusal, raw: new Uint8Array(0) }, device)
}
