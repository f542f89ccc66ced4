import type { Service } from './services.ts'

const forms: Readonly<Record<string, string>> = {
  'get-request normal': 'GetRequestNormal',
  'get-request next': 'GetRequestNext',
  'get-request list': 'GetRequestWithList',
  'get-response normal': 'GetResponseNormal',
  'get-response block': 'GetResponseWithDataBlock',
  'get-response list': 'GetResponseWithList',
  'set-request normal': 'SetRequestNormal',
  'set-request first-block': 'SetRequestWithFirstDataBlock',
  'set-request block': 'SetRequestWithDataBlock',
  'set-request list': 'SetRequestWithList',
  'set-request list-first-block': 'SetRequestWithListAndFirstDataBlock',
  'set-response normal': 'SetResponseNormal',
  'set-response block': 'SetResponseDataBlock',
  'set-response last-block': 'SetResponseLastDataBlock',
  'set-response last-block-list': 'SetResponseLastDataBlockWithList',
  'set-response list': 'SetResponseWithList',
  'action-request normal': 'ActionRequestNormal',
  'action-request next': 'ActionRequestNextPblock',
  'action-request list': 'ActionRequestWithList',
  'action-request first-block': 'ActionRequestWithFirstPblock',
  'action-request list-first-block': 'ActionRequestWithListAndFirstPblock',
  'action-request block': 'ActionRequestWithPblock',
  'action-response normal': 'ActionResponseNormal',
  'action-response block': 'ActionResponseWithPblock',
  'action-response list': 'ActionResponseWithList',
  'action-response next': 'ActionResponseNextPblock',
  exception: 'ExceptionResponse',
  'service-error': 'ConfirmedServiceError',
  'data-notification': 'DataNotification',
  'event-notification': 'EventNotificationRequest',
}

/** A service as the standard names it. */
export function serviceName(service: Service): string {
  const form = 'form' in service ? `${service.kind} ${service.form}` : service.kind
  return forms[form] ?? form
}
