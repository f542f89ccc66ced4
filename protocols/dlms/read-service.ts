import { toHex } from '#protocols/bytes'
import type { Cursor } from './cursor.ts'
import { type Data, readData } from './data.ts'
import { momentText } from './moment-text.ts'
import {
  accessResult,
  actionResult,
  attribute,
  block,
  blockNumber,
  lastBlock,
  list,
  method,
  nameOf,
  resultByte,
  resultWords,
} from './read-parts.ts'
import {
  accessResults,
  serviceErrorKinds,
  serviceErrors,
  stateErrors,
  wordsOf,
} from './results-table.ts'
import type { Service } from './services.ts'

/** Takes a service APDU with its tag; null where it is of another kind or broken. */
export function readService(cursor: Cursor): Service | null {
  const from = cursor.at
  const tag = cursor.uint8()
  const read = readers[tag]
  const service = read ? read(cursor, from) : null
  return cursor.isDone ? service : null
}

type Read = (cursor: Cursor, from: number) => Service | null

const readers: Readonly<Record<number, Read>> = {
  192: getRequest,
  193: setRequest,
  194: eventNotification,
  195: actionRequest,
  196: getResponse,
  197: setResponse,
  199: actionResponse,
  15: dataNotification,
  216: exception,
  14: serviceError,
}

const getRequestNames = {
  1: 'GetRequestNormal',
  2: 'GetRequestNext',
  3: 'GetRequestWithList',
}
const getResponseNames = {
  1: 'GetResponseNormal',
  2: 'GetResponseWithDataBlock',
  3: 'GetResponseWithList',
}
const setRequestNames = {
  1: 'SetRequestNormal',
  2: 'SetRequestWithFirstDataBlock',
  3: 'SetRequestWithDataBlock',
  4: 'SetRequestWithList',
  5: 'SetRequestWithListAndFirstDataBlock',
}
const setResponseNames = {
  1: 'SetResponseNormal',
  2: 'SetResponseDataBlock',
  3: 'SetResponseLastDataBlock',
  4: 'SetResponseLastDataBlockWithList',
  5: 'SetResponseWithList',
}
const actionRequestNames = {
  1: 'ActionRequestNormal',
  2: 'ActionRequestNextPblock',
  3: 'ActionRequestWithList',
  4: 'ActionRequestWithFirstPblock',
  5: 'ActionRequestWithListAndFirstPblock',
  6: 'ActionRequestWithPblock',
}
const actionResponseNames = {
  1: 'ActionResponseNormal',
  2: 'ActionResponseWithPblock',
  3: 'ActionResponseWithList',
  4: 'ActionResponseNextPblock',
}

/** The choice and invoke-id-and-priority that begin each service; the name for people. */
function heading(cursor: Cursor, from: number, names: Readonly<Record<number, string>>) {
  const choice = cursor.uint8()
  const name = names[choice]
  if (name === undefined) cursor.fail()
  if (cursor.parts) cursor.note(from, name ?? 'unknown service')
  const at = cursor.at
  const invoke = cursor.uint8()
  if (cursor.parts) {
    const priority = (invoke & 0x80) === 0 ? 'normal' : 'high'
    const confirmed = (invoke & 0x40) === 0 ? 'unconfirmed' : 'confirmed'
    cursor.note(at, `invoke id ${invoke & 15}, ${confirmed}, ${priority} priority`)
  }
  return { choice, invoke }
}

function getRequest(cursor: Cursor, from: number): Service | null {
  const { choice, invoke } = heading(cursor, from, getRequestNames)
  const kind = 'get-request'
  if (choice === 1) {
    return { kind, form: 'normal', invoke, targets: [attribute(cursor)], block: null }
  }
  if (choice === 2) return { kind, form: 'next', invoke, targets: [], block: blockNumber(cursor) }
  return { kind, form: 'list', invoke, targets: list(cursor, attribute), block: null }
}

function getResponse(cursor: Cursor, from: number): Service | null {
  const { choice, invoke } = heading(cursor, from, getResponseNames)
  const kind = 'get-response'
  if (choice === 1) {
    return { kind, form: 'normal', invoke, results: [accessResult(cursor)], block: null }
  }
  if (choice === 3) {
    return { kind, form: 'list', invoke, results: list(cursor, accessResult), block: null }
  }
  const last = lastBlock(cursor)
  const number = blockNumber(cursor)
  const at = cursor.at
  if (cursor.uint8() === 0) {
    const bytes = cursor.sized()
    if (cursor.parts) cursor.note(at, `${bytes.length} bytes of the block`)
    return { kind, form: 'block', invoke, results: [], block: { number, last, bytes } }
  }
  const result = cursor.uint8()
  if (cursor.parts) cursor.note(at, `no data: ${resultWords(accessResults, result)}`)
  const nothing = { number, last, bytes: new Uint8Array(0) }
  return { kind, form: 'block', invoke, results: [{ ok: false, result }], block: nothing }
}

function setRequest(cursor: Cursor, from: number): Service | null {
  const { choice, invoke } = heading(cursor, from, setRequestNames)
  const kind = 'set-request'
  if (choice === 1) {
    const targets = [attribute(cursor)]
    return { kind, form: 'normal', invoke, targets, values: [readData(cursor)], block: null }
  }
  if (choice === 2) {
    const targets = [attribute(cursor)]
    return { kind, form: 'first-block', invoke, targets, values: [], block: block(cursor) }
  }
  if (choice === 3) {
    return { kind, form: 'block', invoke, targets: [], values: [], block: block(cursor) }
  }
  const targets = list(cursor, attribute)
  if (choice === 4) {
    const values = list(cursor, (each) => readData(each))
    if (values.length !== targets.length) cursor.fail()
    return { kind, form: 'list', invoke, targets, values, block: null }
  }
  return { kind, form: 'list-first-block', invoke, targets, values: [], block: block(cursor) }
}

function setResponse(cursor: Cursor, from: number): Service | null {
  const { choice, invoke } = heading(cursor, from, setResponseNames)
  const kind = 'set-response'
  const result = (each: Cursor) => resultByte(each, accessResults)
  if (choice === 1) {
    return { kind, form: 'normal', invoke, results: [result(cursor)], block: null }
  }
  if (choice === 2) return { kind, form: 'block', invoke, results: [], block: blockNumber(cursor) }
  if (choice === 3) {
    const results = [result(cursor)]
    return { kind, form: 'last-block', invoke, results, block: blockNumber(cursor) }
  }
  const results = list(cursor, result)
  if (choice === 5) return { kind, form: 'list', invoke, results, block: null }
  return { kind, form: 'last-block-list', invoke, results, block: blockNumber(cursor) }
}

function actionRequest(cursor: Cursor, from: number): Service | null {
  const { choice, invoke } = heading(cursor, from, actionRequestNames)
  const kind = 'action-request'
  const none = { targets: [], values: [], block: null, taken: null }
  switch (choice) {
    case 1: {
      const targets = [method(cursor)]
      const values = [parameter(cursor)]
      return { kind, form: 'normal', invoke, targets, values, block: null, taken: null }
    }
    case 2:
      return { ...none, kind, form: 'next', invoke, taken: blockNumber(cursor) }
    case 3: {
      const targets = list(cursor, method)
      const values = list(cursor, (each) => readData(each))
      if (values.length !== targets.length) cursor.fail()
      return { kind, form: 'list', invoke, targets, values, block: null, taken: null }
    }
    case 4: {
      const targets = [method(cursor)]
      return { ...none, kind, form: 'first-block', invoke, targets, block: block(cursor) }
    }
    case 5: {
      const targets = list(cursor, method)
      return { ...none, kind, form: 'list-first-block', invoke, targets, block: block(cursor) }
    }
    default:
      return { ...none, kind, form: 'block', invoke, block: block(cursor) }
  }
}

function parameter(cursor: Cursor): Data | null {
  const at = cursor.at
  const isGiven = cursor.uint8() !== 0
  if (cursor.parts) cursor.note(at, isGiven ? 'with a parameter' : 'without a parameter')
  return isGiven ? readData(cursor) : null
}

function actionResponse(cursor: Cursor, from: number): Service | null {
  const { choice, invoke } = heading(cursor, from, actionResponseNames)
  const kind = 'action-response'
  const none = { results: [], block: null, taken: null }
  if (choice === 1) {
    return { ...none, kind, form: 'normal', invoke, results: [actionResult(cursor)] }
  }
  if (choice === 2) return { ...none, kind, form: 'block', invoke, block: block(cursor) }
  if (choice === 3) {
    return { ...none, kind, form: 'list', invoke, results: list(cursor, actionResult) }
  }
  return { ...none, kind, form: 'next', invoke, taken: blockNumber(cursor) }
}

function eventNotification(cursor: Cursor, from: number): Service | null {
  if (cursor.parts) cursor.note(from, 'EventNotificationRequest')
  const at = cursor.at
  const time = cursor.uint8() === 0 ? new Uint8Array(0) : cursor.sized()
  if (cursor.parts) cursor.note(at, timeText(time))
  const target = { ...nameOf(cursor, 'attribute'), access: null }
  return { kind: 'event-notification', time, target, value: readData(cursor) }
}

const timeText = (time: Uint8Array) =>
  time.length === 0 ? 'without a time' : `time ${momentText(time) ?? toHex(time)}`

/** Some meters write the time with its type 09 before the length; 0C cannot be a length of 9. */
function dataNotification(cursor: Cursor, from: number): Service | null {
  const invoke = cursor.uint32()
  if (cursor.parts) cursor.note(from, `DataNotification, invoke id ${invoke & 0xff_ffff}`)
  const at = cursor.at
  let length = cursor.uint8()
  if (length === 9) length = cursor.uint8()
  if (length !== 0 && length !== 12) cursor.fail()
  const time = cursor.take(length)
  if (cursor.parts) cursor.note(at, timeText(time))
  return { kind: 'data-notification', invoke, time, body: readData(cursor) }
}

/** The only service error with a value behind it. */
const counterError = 6

function exception(cursor: Cursor, from: number): Service | null {
  const state = cursor.uint8()
  const service = cursor.uint8()
  const counter = service === counterError ? cursor.uint32() : null
  if (cursor.parts) {
    const words = `${wordsOf(stateErrors, state)[1]}: ${wordsOf(serviceErrors, service)[1]}`
    cursor.note(from, `ExceptionResponse, ${words}`)
  }
  return { kind: 'exception', state, service, ...(counter === null ? {} : { counter }) }
}

function serviceError(cursor: Cursor, from: number): Service | null {
  const service = cursor.uint8()
  const error = cursor.uint8()
  const value = cursor.uint8()
  if (cursor.parts) {
    cursor.note(from, `ConfirmedServiceError, ${wordsOf(serviceErrorKinds, error)[1]} ${value}`)
  }
  return { kind: 'service-error', service, error, value }
}
