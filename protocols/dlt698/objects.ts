import type { Apdu } from './apdu.ts'

/** OADs and OMDs that an APDU is about, in its order. */
export function objectsOf({ service, body }: Apdu): readonly string[] {
  switch (service) {
    case 'GetRequestNormal':
    case 'GetRequestRecord':
    case 'GetRequestMD5':
    case 'GetResponseNormal':
    case 'GetResponseRecord':
    case 'GetResponseMD5':
    case 'SetRequestNormal':
    case 'SetResponseNormal':
    case 'ProxyGetRequestRecord':
      return [body.object]
    case 'ProxyGetResponseRecord':
      return [body.record.object]
    case 'GetRequestNormalList':
    case 'ReportResponseList':
    case 'ReportResponseRecordList':
      return body.objects
    case 'GetRequestRecordList':
      return body.queries.map(({ object }) => object)
    case 'GetResponseNormalList':
    case 'GetResponseRecordList':
    case 'ReportNotificationList':
    case 'ReportNotificationRecordList':
    case 'SetResponseNormalList':
    case 'SetThenGetResponseNormalList':
      return body.results.map(({ object }) => object)
    case 'SetRequestNormalList':
    case 'SetThenGetRequestNormalList':
      return body.settings.map(({ object }) => object)
    case 'ActionRequest':
    case 'ActionResponseNormal':
      return [body.method]
    case 'ActionRequestList':
    case 'ActionThenGetRequestNormalList':
      return body.calls.map(({ method }) => method)
    case 'ActionResponseNormalList':
    case 'ActionThenGetResponseNormalList':
      return body.results.map(({ method }) => method)
    case 'ReportNotificationTransData':
    case 'ProxyTransCommandRequest':
    case 'ProxyTransCommandResponse':
      return [body.port]
    case 'ProxyGetRequestList':
      return body.devices.flatMap(({ items }) => items)
    case 'ProxyGetResponseList':
    case 'ProxySetRequestList':
    case 'ProxySetThenGetRequestList':
    case 'ProxySetResponseList':
    case 'ProxySetThenGetResponseList':
      return body.devices.flatMap(({ items }) => items.map(({ object }) => object))
    case 'ProxyActionRequestList':
    case 'ProxyActionThenGetRequestList':
    case 'ProxyActionResponseList':
    case 'ProxyActionThenGetResponseList':
      return body.devices.flatMap(({ items }) => items.map(({ method }) => method))
    case 'GetResponseNext': {
      const { part } = body
      return part.kind === 'dar' ? [] : part.value.map(({ object }) => object)
    }
    default:
      return []
  }
}
