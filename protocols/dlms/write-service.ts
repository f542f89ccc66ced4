import { Writer } from '#protocols/bytes'
import { obisBytes } from './data.ts'
import { putData } from './data-writer.ts'
import type { AccessResult, ActionResult, Block, Service, Target } from './services.ts'
import { putSize, putSized } from './sized.ts'

const tags = {
  'get-request': 192,
  'set-request': 193,
  'event-notification': 194,
  'action-request': 195,
  'get-response': 196,
  'set-response': 197,
  'action-response': 199,
  'data-notification': 15,
  exception: 216,
  'service-error': 14,
} as const satisfies Record<Service['kind'], number>

const choices = {
  'get-request': { normal: 1, next: 2, list: 3 },
  'get-response': { normal: 1, block: 2, list: 3 },
  'set-request': { normal: 1, 'first-block': 2, block: 3, list: 4, 'list-first-block': 5 },
  'set-response': { normal: 1, block: 2, 'last-block': 3, 'last-block-list': 4, list: 5 },
  'action-request': {
    normal: 1,
    next: 2,
    list: 3,
    'first-block': 4,
    'list-first-block': 5,
    block: 6,
  },
  'action-response': { normal: 1, block: 2, list: 3, next: 4 },
} as const

/** A service APDU, of a client or of a server. */
export function writeService(service: Service): Uint8Array {
  const writer = new Writer().uint8(tags[service.kind])
  switch (service.kind) {
    case 'get-request':
      writer.uint8(choices[service.kind][service.form]).uint8(service.invoke)
      if (service.form === 'next') writer.uint32(service.block ?? 0)
      else putTargets(writer, service.form === 'list', service.targets, putAttribute)
      break
    case 'get-response':
      writer.uint8(choices[service.kind][service.form]).uint8(service.invoke)
      if (service.form === 'block') putResultBlock(writer, service.block, service.results)
      else putTargets(writer, service.form === 'list', service.results, putAccessResult)
      break
    case 'set-request':
    case 'action-request':
      putRequest(writer.uint8(choiceOf(service)).uint8(service.invoke), service)
      break
    case 'set-response':
      writer.uint8(choices[service.kind][service.form]).uint8(service.invoke)
      if (service.form !== 'block') {
        const isList = service.form === 'list' || service.form === 'last-block-list'
        putTargets(writer, isList, service.results, (each, result) => each.uint8(result))
      }
      if (service.block !== null) writer.uint32(service.block)
      break
    case 'action-response':
      writer.uint8(choices[service.kind][service.form]).uint8(service.invoke)
      if (service.form === 'next') writer.uint32(service.taken ?? 0)
      else if (service.form === 'block') putBlock(writer, service.block)
      else putTargets(writer, service.form === 'list', service.results, putActionResult)
      break
    case 'exception':
      writer.uint8(service.state).uint8(service.service)
      if (service.counter !== undefined) writer.uint32(service.counter)
      break
    case 'service-error':
      writer.uint8(service.service).uint8(service.error).uint8(service.value)
      break
    case 'data-notification':
      putSized(writer.uint32(service.invoke), service.time)
      putData(writer, service.body)
      break
    case 'event-notification':
      if (service.time.length === 0) writer.uint8(0)
      else putSized(writer.uint8(1), service.time)
      putName(writer, service.target)
      putData(writer, service.value)
      break
  }
  return writer.done()
}

type Writing = Extract<Service, { readonly kind: 'set-request' | 'action-request' }>

function choiceOf(service: Writing): number {
  return service.kind === 'set-request'
    ? choices[service.kind][service.form]
    : choices[service.kind][service.form]
}

function putRequest(writer: Writer, service: Writing): void {
  if (service.kind === 'action-request' && service.form === 'next') {
    writer.uint32(service.taken ?? 0)
    return
  }
  const { form, targets, values, block } = service
  const isList = form === 'list' || form === 'list-first-block'
  const isSet = service.kind === 'set-request'
  if (form !== 'block') putTargets(writer, isList, targets, isSet ? putAttribute : putName)
  if (block) putBlock(writer, block)
  else if (form === 'list') {
    putSize(writer, values.length)
    for (const value of values) putData(writer, value ?? { kind: 'null', tag: 0 })
  } else {
    const [value] = values
    if (!isSet) writer.uint8(value ? 1 : 0)
    if (value) putData(writer, value)
  }
}

function putTargets<Item>(
  writer: Writer,
  isList: boolean,
  targets: readonly Item[],
  put: (writer: Writer, item: Item) => Writer,
): void {
  if (isList) putSize(writer, targets.length)
  for (const target of targets) put(writer, target)
}

function putName(writer: Writer, { classId, obis, id }: Target): Writer {
  return writer.uint16(classId).put(obisBytes(obis)).uint8(id)
}

function putAttribute(writer: Writer, target: Target): Writer {
  putName(writer, target)
  if (!target.access) return writer.uint8(0)
  return putData(writer.uint8(1).uint8(target.access.selector), target.access.parameters)
}

function putAccessResult(writer: Writer, result: AccessResult): Writer {
  return result.ok ? putData(writer.uint8(0), result.data) : writer.uint8(1).uint8(result.result)
}

function putActionResult(writer: Writer, { result, returned }: ActionResult): Writer {
  writer.uint8(result).uint8(returned ? 1 : 0)
  return returned ? putAccessResult(writer, returned) : writer
}

function putBlock(writer: Writer, block: Block | null): void {
  if (block) putSized(writer.uint8(block.last ? 1 : 0).uint32(block.number), block.bytes)
}

function putResultBlock(
  writer: Writer,
  block: Block | null,
  results: readonly AccessResult[],
): void {
  const [failed] = results
  writer.uint8(block?.last === false ? 0 : 1).uint32(block?.number ?? 0)
  if (failed?.ok === false) writer.uint8(1).uint8(failed.result)
  else putSized(writer.uint8(0), block?.bytes ?? new Uint8Array(0))
}
