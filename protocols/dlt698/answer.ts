import type { Decoded } from '#protocols/model'
import { addressMatches, addressText, parseAddress } from './address.ts'
import { type Apdu, decodeApdu, apdu as makeApdu } from './apdu.ts'
import { type Fragment, readFragment } from './fragment.ts'
import { dataFunction, fragmentBit, fromServer, functionOf, parseFrame } from './frame.ts'
import { objectsOf } from './objects.ts'
import { envelopeRefusal, refusalOf } from './refusal.ts'
import type { Dlt698Request } from './request.ts'
import { opened } from './security.ts'

/** What came: an APDU out of its security envelope, or a fragment of one that is not whole yet. */
export interface Dlt698Response {
  readonly address: string
  readonly client: number
  /** Null for a fragment, and for an APDU that is enciphered. */
  readonly apdu: Apdu | null
  readonly fragment: Fragment | null
}

/** What one frame of a server means. */
export function decodeAnswer(bytes: Uint8Array): Decoded<Dlt698Response> {
  const parsed = parseFrame(bytes)
  if (!parsed.ok) return { kind: 'malformed', malformed: parsed.malformed }
  const { control, server, client, data } = parsed.frame
  if ((control & fromServer) === 0) return malformed('not-a-reply', 'a request, not a reply')
  const address = addressText(server)
  if ((control & fragmentBit) !== 0) {
    const fragment = readFragment(data)
    if (!fragment) return malformed('fragment', 'a fragment without a right header')
    return { kind: 'answer', response: { address, client, apdu: null, fragment } }
  }
  if (functionOf(control) !== dataFunction) {
    return malformed('not-a-reply', 'a message of the link, not a reply')
  }
  const outer = decodeApdu(data)
  if (!outer.ok) return { kind: 'malformed', malformed: outer.malformed }
  return withRefusal(address, client, outer.apdu)
}

function withRefusal(address: string, client: number, outer: Apdu): Decoded<Dlt698Response> {
  const inner = opened(outer)
  if (inner && !inner.ok) return { kind: 'malformed', malformed: inner.malformed }
  const apdu = inner ? inner.apdu : null
  const response = { address, client, apdu, fragment: null }
  const refusal = apdu ? refusalOf(apdu) : envelopeRefusal(outer)
  return refusal ? { kind: 'refusal', response, refusal } : { kind: 'answer', response }
}

/** True only if address, number, service and objects of the response are those asked for. */
export function isAnswerTo(request: Dlt698Request, response: Dlt698Response): boolean {
  const asked = parseAddress(request.address)
  const came = parseAddress(response.address)
  if (!asked || !came || came.logical !== asked.logical) return false
  if (!addressMatches(asked, came.digits) || request.client !== response.client) return false
  const { apdu: answer, fragment } = response
  if (fragment) {
    const next = request.kind === 'confirm' ? request.block + 1 : 0
    return fragment.kind !== 'confirm' && fragment.block === next
  }
  if (request.kind === 'confirm') return false
  const question = opened(request.apdu)
  // What is enciphered can only be matched by its envelope.
  if (!question?.ok || !answer) return request.apdu.service === 'SECURITY-Request' && !answer
  if ((question.apdu.piid ^ answer.piid) & numberMask) return false
  if (answer.service === 'ERROR-Response') return true
  return answersService(question.apdu, answer)
}

const numberMask = 0x3f

/** Services of answers, and whether it tells the objects that were asked for. */
function answersService(question: Apdu, answer: Apdu): boolean {
  if (answer.service === 'GetResponseNext') {
    return question.service === 'GetRequestNext'
      ? answer.body.block === question.body.block + 1
      : question.service.startsWith('GetRequest') && answer.body.block === 0
  }
  if (answersTo[question.service] !== answer.service) return false
  const asked = objectsOf(question)
  const told = objectsOf(answer)
  return asked.length === told.length && asked.every((object, at) => object === told[at])
}

const answersTo: Readonly<Partial<Record<Apdu['service'], Apdu['service']>>> = {
  'CONNECT-Request': 'CONNECT-Response',
  'RELEASE-Request': 'RELEASE-Response',
  GetRequestNormal: 'GetResponseNormal',
  GetRequestNormalList: 'GetResponseNormalList',
  GetRequestRecord: 'GetResponseRecord',
  GetRequestRecordList: 'GetResponseRecordList',
  GetRequestMD5: 'GetResponseMD5',
  SetRequestNormal: 'SetResponseNormal',
  SetRequestNormalList: 'SetResponseNormalList',
  SetThenGetRequestNormalList: 'SetThenGetResponseNormalList',
  ActionRequest: 'ActionResponseNormal',
  ActionRequestList: 'ActionResponseNormalList',
  ActionThenGetRequestNormalList: 'ActionThenGetResponseNormalList',
  ProxyGetRequestList: 'ProxyGetResponseList',
  ProxyGetRequestRecord: 'ProxyGetResponseRecord',
  ProxySetRequestList: 'ProxySetResponseList',
  ProxySetThenGetRequestList: 'ProxySetThenGetResponseList',
  ProxyActionRequestList: 'ProxyActionResponseList',
  ProxyActionThenGetRequestList: 'ProxyActionThenGetResponseList',
  ProxyTransCommandRequest: 'ProxyTransCommandResponse',
}

/** The request for the part that follows this response, null when it is whole. */
export function nextRequest(
  request: Dlt698Request,
  { address, client, apdu: answer, fragment }: Dlt698Response,
): Dlt698Request | null {
  if (fragment) {
    if (fragment.kind === 'last' || fragment.kind === 'confirm') return null
    return { kind: 'confirm', address, client, block: fragment.block }
  }
  if (request.kind !== 'apdu' || answer?.service !== 'GetResponseNext') return null
  const { isLast, block, part } = answer.body
  if (isLast !== 0 || part.kind === 'dar' || block === blockLast) return null
  return {
    kind: 'apdu',
    address,
    client,
    apdu: makeApdu('GetRequestNext', answer.piid & numberMask, { block }),
  }
}

const blockLast = 0xffff

function malformed(name: string, message: string): Decoded<Dlt698Response> {
  return { kind: 'malformed', malformed: { code: `dlt698.${name}`, message } }
}
