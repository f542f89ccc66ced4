import type { Malformed, Reading, Stamp } from '#protocols/model'
import type { Dlt698Response } from './answer.ts'
import { type Apdu, apdu, decodeApdu, type ParsedApdu } from './apdu.ts'
import { darRefusal } from './dar.ts'
import { joinFragments } from './fragment.ts'
import { freezeTime } from './items.ts'
import { recordReadings } from './record-values.ts'
import type { NormalResult, RecordResult } from './records.ts'
import { refusalOf } from './refusal.ts'
import type { Dlt698Request } from './request.ts'
import { opened } from './security.ts'
import { readingsOf, stampOf } from './values.ts'

export type Values =
  | { readonly ok: true; readonly readings: readonly Reading[] }
  | { readonly ok: false; readonly malformed: Malformed }

/** The values of an answer, put together from its parts in order. */
export function valuesOf(request: Dlt698Request, parts: readonly Dlt698Response[]): Values {
  const whole = joined(parts)
  if (!whole.ok) return { ok: false, malformed: whole.malformed }
  const refusal = refusalOf(whole.apdu)
  if (refusal) return { ok: false, malformed: refusal }
  return { ok: true, readings: apduReadings(whole.apdu, askedTime(request)) }
}

/** The APDU that the parts of an answer make. */
export function joined(parts: readonly Dlt698Response[]): ParsedApdu {
  const [first] = parts
  if (!first) return incomplete('no answer to read from')
  if (first.fragment) return joinedFragments(parts)
  const apdus = parts.flatMap(({ apdu: one }) => (one ? [one] : []))
  const [only] = apdus
  if (!only || apdus.length !== parts.length) return incomplete('the answer is enciphered')
  if (only.service !== 'GetResponseNext') {
    return parts.length === 1 ? { ok: true, apdu: only } : incomplete('a part follows the last')
  }
  return joinedBlocks(apdus)
}

function joinedFragments(parts: readonly Dlt698Response[]): ParsedApdu {
  const fragments = parts.flatMap(({ fragment }) => (fragment ? [fragment] : []))
  const bytes = fragments.length === parts.length ? joinFragments(fragments) : undefined
  if (!bytes) return incomplete('a fragment is missing or out of place')
  const outer = decodeApdu(bytes)
  return outer.ok ? (opened(outer.apdu) ?? incomplete('the answer is enciphered')) : outer
}

/** Blocks of a GET (数据块) as the list that they are the parts of. */
function joinedBlocks(apdus: readonly Apdu[]): ParsedApdu {
  const attributes: NormalResult[] = []
  const records: RecordResult[] = []
  for (const [index, { service, body }] of apdus.entries()) {
    if (service !== 'GetResponseNext' || body.block !== index) {
      return incomplete(`block ${index} is missing`)
    }
    if ((body.isLast !== 0) !== (index === apdus.length - 1)) {
      return incomplete('a block is missing at the end, or follows the last')
    }
    if (body.part.kind === 'attributes') attributes.push(...body.part.value)
    if (body.part.kind === 'records') records.push(...body.part.value)
    if (body.part.kind === 'dar') return { ok: false, malformed: darRefusal(body.part.value) }
  }
  if (records.length > 0) {
    return { ok: true, apdu: apdu('GetResponseRecordList', 0, { results: records }) }
  }
  return { ok: true, apdu: apdu('GetResponseNormalList', 0, { results: attributes }) }
}

/** Readings of an answer, of a report, and of what is told beside an answer. */
export function apduReadings(answer: Apdu, asked: Stamp | null): readonly Reading[] {
  const { follow } = answer
  const beside =
    follow === null
      ? []
      : follow.kind === 'attributes'
        ? normalReadings(follow.value)
        : follow.value.flatMap((record) => recordReadings(record, null))
  return [...bodyReadings(answer, asked), ...beside]
}

function bodyReadings(answer: Apdu, asked: Stamp | null): readonly Reading[] {
  switch (answer.service) {
    case 'GetResponseNormal':
      return normalReadings([answer.body])
    case 'GetResponseNormalList':
    case 'ReportNotificationList':
      return normalReadings(answer.body.results)
    case 'GetResponseRecord':
      return recordReadings(answer.body, asked)
    case 'GetResponseRecordList':
    case 'ReportNotificationRecordList':
      return answer.body.results.flatMap((record) => recordReadings(record, null))
    case 'GetResponseNext': {
      const { part } = answer.body
      if (part.kind === 'attributes') return normalReadings(part.value)
      if (part.kind === 'dar') return []
      return part.value.flatMap((record) => recordReadings(record, null))
    }
    case 'SetThenGetResponseNormalList':
    case 'ActionThenGetResponseNormalList':
      return normalReadings(answer.body.results.map(({ read }) => read))
    case 'ProxyGetResponseList':
      return answer.body.devices.flatMap(({ items }) => normalReadings(items))
    case 'ProxyGetResponseRecord':
      return recordReadings(answer.body.record, asked)
    default:
      return []
  }
}

function normalReadings(results: readonly NormalResult[]): readonly Reading[] {
  return results.flatMap(({ object, result }) =>
    result.kind === 'data' ? readingsOf(object, result.value) : [],
  )
}

/** The time of the rows where a request names it. */
function askedTime(request: Dlt698Request): Stamp | null {
  if (request.kind !== 'apdu') return null
  const question = opened(request.apdu)
  if (!question?.ok) return null
  const { service, body } = question.apdu
  if (service !== 'GetRequestRecord' && service !== 'ProxyGetRequestRecord') return null
  const { rows } = body
  return rows.kind === 'equal' && rows.value.object === freezeTime
    ? stampOf(rows.value.value)
    : null
}

function incomplete(message: string): ParsedApdu {
  return { ok: false, malformed: { code: 'dlt698.incomplete', message } }
}
