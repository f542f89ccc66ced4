import type { Refusal } from '#protocols/model'
import type { Apdu } from './apdu.ts'
import { darRefusal } from './dar.ts'
import { connectRefusal, errorRefusal } from './denials.ts'

/**
 * The device's no: the DAR where it gave nothing else. A list of which some was given is an answer;
 * so is one whose first was done and whose last was not, which a caller who orders sees in it.
 */
export function refusalOf(answer: Apdu): Refusal | null {
  if (answer.service === 'GetResponseNormal' && answer.body.result.kind === 'data') return null
  if (answer.service === 'ERROR-Response') return errorRefusal(answer.body.error)
  if (answer.service === 'CONNECT-Response') {
    return answer.body.result === 0 ? null : connectRefusal(answer.body.result)
  }
  const dars = darsOf(answer)
  if (dars === null) return null
  const [first = 0] = dars.filter((dar) => dar !== 0)
  return first !== 0 && (isOrder(answer) || !dars.includes(0)) ? darRefusal(first) : null
}

/** True if an answer is one to a request that changes something: one part undone is a no. */
function isOrder({ service }: Apdu): boolean {
  return /Set|Action/.test(service)
}

/** The result of each part, 0 for done; null where the service has none. */
function darsOf(answer: Apdu): readonly number[] | null {
  switch (answer.service) {
    case 'GetResponseNormal':
    case 'GetResponseRecord':
    case 'GetResponseMD5':
    case 'ProxyTransCommandResponse':
      return [darOf(answer.body.result)]
    case 'GetResponseNormalList':
    case 'GetResponseRecordList':
      return answer.body.results.map(({ result }) => darOf(result))
    case 'GetResponseNext':
      return [darOf(answer.body.part)]
    case 'SetResponseNormal':
    case 'ActionResponseNormal':
      return [answer.body.dar]
    case 'SetResponseNormalList':
    case 'SetThenGetResponseNormalList':
    case 'ActionResponseNormalList':
    case 'ActionThenGetResponseNormalList':
      return answer.body.results.map(({ dar }) => dar)
    case 'ProxyGetResponseList':
      return answer.body.devices.flatMap(({ items }) => items.map(({ result }) => darOf(result)))
    case 'ProxyGetResponseRecord':
      return [darOf(answer.body.record.result)]
    case 'ProxySetResponseList':
    case 'ProxySetThenGetResponseList':
    case 'ProxyActionResponseList':
    case 'ProxyActionThenGetResponseList':
      return answer.body.devices.flatMap(({ items }) => items.map(({ dar }) => dar))
    default:
      return null
  }
}

function darOf(result: { readonly kind: string; readonly value: unknown }): number {
  return result.kind === 'dar' && typeof result.value === 'number' ? result.value : 0
}

/** The DAR that a server gives in the place of an APDU in its security envelope. */
export function envelopeRefusal(outer: Apdu): Refusal | null {
  if (outer.service !== 'SECURITY-Response') return null
  const { payload } = outer.body
  return payload.kind === 'dar' ? darRefusal(payload.value) : null
}
