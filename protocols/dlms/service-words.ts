import { classText, memberText } from './classes-table.ts'
import type { Data } from './data.ts'
import { isLogicalName } from './data.ts'
import { pushWords } from './push.ts'
import type { Service } from './services.ts'
import { units } from './units-table.ts'
import { scalerOf } from './values.ts'

/**
 * What the values in a service mean beyond their types, for people: the objects of a push, scalers
 * and units, and what is captured. Each text stands behind that of its value.
 */
export function serviceWords(service: Service): ReadonlyMap<Data, string> {
  const words = new Map<Data, string>()
  for (const data of valuesIn(service)) tell(data, words)
  if (service.kind === 'data-notification' || service.kind === 'event-notification') {
    for (const [data, text] of pushWords(service)) words.set(data, text)
  }
  return words
}

function valuesIn(service: Service): readonly Data[] {
  switch (service.kind) {
    case 'get-response':
      return service.results.flatMap((result) => (result.ok ? [result.data] : []))
    case 'set-request':
      return service.values
    case 'action-request':
      return service.values.flatMap((value) => value ?? [])
    case 'action-response':
      return service.results.flatMap(({ returned }) => (returned?.ok ? [returned.data] : []))
    case 'data-notification':
      return [service.body]
    case 'event-notification':
      return [service.value]
    case 'get-request':
      return service.targets.flatMap(({ access }) => access?.parameters ?? [])
    case 'set-response':
    case 'exception':
    case 'service-error':
      return []
  }
}

const INT8 = 15
const UINT16 = 18
const ENUM = 22

function tell(data: Data, words: Map<Data, string>): void {
  if (data.kind !== 'list') return
  tellScaler(data.items, words)
  tellCapture(data.items, words)
  for (const item of data.items) tell(item, words)
}

/** scaler_unit: an exponent of ten and a physical unit. */
function tellScaler(items: readonly Data[], words: Map<Data, string>): void {
  const [exponent, unit] = items
  if (items.length !== 2 || exponent?.kind !== 'integer' || unit?.kind !== 'integer') return
  if (exponent.tag !== INT8 || unit.tag !== ENUM) return
  const scaler = scalerOf({ kind: 'list', tag: 2, items })
  if (!scaler) return
  words.set(exponent, `, scaler 10^${scaler.exponent}`)
  const [name = '', shift = 0] = units[scaler.unit] ?? []
  const plain = shift === 3 ? name.slice(1) : name
  words.set(unit, scaler.unit === 255 ? ', no unit' : plain === '' ? ', unit' : `, unit ${plain}`)
}

/** A capture object, or what restricts a range: class, name, attribute and index. */
function tellCapture(items: readonly Data[], words: Map<Data, string>): void {
  const [classId, name, attribute, index] = items
  if (items.length !== 4 || classId?.kind !== 'integer' || attribute?.kind !== 'integer') return
  if (classId.tag !== UINT16 || attribute.tag !== INT8 || !isLogicalName(name)) return
  words.set(classId, `: ${classText(classId.value)}`)
  words.set(attribute, `: ${memberText(classId.value, attribute.value, 'attribute')}`)
  if (index?.kind === 'integer') {
    words.set(index, index.value === 0 ? ': all of it' : `: element ${index.value}`)
  }
}
