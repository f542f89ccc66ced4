import type { Malformed, Reading } from '#protocols/model'

/** Function 43 with MEI type 14, Read Device Identification (V1.1b3 §6.21). */
export const ENCAPSULATED = 0x2b
export const IDENTIFICATION = 0x0e

/** What can be asked for: three categories, each with all of those before it. */
export const identificationCodes = { basic: 1, regular: 2, extended: 3 } as const
export type IdentificationCategory = keyof typeof identificationCodes

export interface IdentificationRead {
  readonly unit: number
  readonly readCode: number
  /** The first object wanted; the device goes on from there. */
  readonly objectId: number
}

/** One answer of possibly several. */
export interface Identification {
  readonly objects: readonly IdentificationObject[]
  /** Where the next request has to begin, null when this answer is the last. */
  readonly nextObjectId: number | null
}

export interface IdentificationObject {
  readonly id: number
  readonly text: string
}

/** Unit, function, MEI type, code, conformity, more follows, next object, number of objects. */
const HEAD_BYTES = 8
const READ_BYTES = 5
const MORE_FOLLOWS = 0xff
const MESSAGE_BYTES_MAX = 254
/** A device that does not know an object asked for begins again with the first. */
const FIRST_OBJECT = 0
const CONFORMITY_WITH_SINGLE_OBJECTS = 0x80

const names: Readonly<Record<number, string>> = {
  0: 'Vendor name',
  1: 'Product code',
  2: 'Revision',
  3: 'Vendor URL',
  4: 'Product name',
  5: 'Model name',
  6: 'User application name',
}

export function buildIdentificationRead(read: IdentificationRead): Uint8Array {
  const { unit, readCode, objectId } = read
  return Uint8Array.of(unit, ENCAPSULATED, IDENTIFICATION, readCode, objectId)
}

/** The read that a whole message asks for; null where it is none. */
export function parseIdentificationRead(message: Uint8Array): IdentificationRead | null {
  const [unit = 0, functionCode, kind, readCode = 0, objectId = 0] = message
  const fits = functionCode === ENCAPSULATED && kind === IDENTIFICATION
  if (!fits || message.length !== READ_BYTES || readCode < 1 || readCode > 4) return null
  return { unit, readCode, objectId }
}

/** The length of an answer as far as its head tells: more than what is there while it does not. */
export function identificationLength(head: Uint8Array): number {
  if ((head[2] ?? IDENTIFICATION) !== IDENTIFICATION) return 0
  const objects = head[HEAD_BYTES - 1]
  if (objects === undefined) return HEAD_BYTES
  let length = HEAD_BYTES
  for (let index = 0; index < objects; index++) {
    const bytes = head[length + 1]
    if (bytes === undefined) return length + 2
    length += 2 + bytes
  }
  return length > MESSAGE_BYTES_MAX ? 0 : length
}

export type ParsedIdentification =
  | { readonly ok: true; readonly identification: Identification }
  | { readonly ok: false; readonly malformed: Malformed }

/** What follows the function code in an answer. */
export function parseIdentification(data: Uint8Array): ParsedIdentification {
  const message = Uint8Array.of(0, ENCAPSULATED, ...data)
  if (data.length < HEAD_BYTES - 2 || identificationLength(message) !== message.length) {
    const text = `${data.length} bytes are no device identification`
    return { ok: false, malformed: { code: 'modbus.identification', message: text, offset: 2 } }
  }
  const objects: IdentificationObject[] = []
  for (let at = HEAD_BYTES; at < message.length; ) {
    const [id = 0, length = 0] = message.subarray(at, at + 2)
    at += 2
    objects.push({ id, text: printable(message.subarray(at, at + length)) })
    at += length
  }
  const nextObjectId = message[5] === MORE_FOLLOWS ? (message[6] ?? FIRST_OBJECT) : null
  return { ok: true, identification: { objects, nextObjectId } }
}

/** The request for what follows an answer, null when nothing does or the device runs in circles. */
export function nextIdentificationRead(
  read: IdentificationRead,
  { nextObjectId }: Identification,
): IdentificationRead | null {
  if (nextObjectId === null || nextObjectId <= read.objectId) return null
  return { ...read, objectId: nextObjectId }
}

/** Answers of a slave that has these objects, as many as they take. */
export function buildIdentification(
  { unit, readCode, objectId }: IdentificationRead,
  objects: readonly IdentificationObject[],
  limitBytes = MESSAGE_BYTES_MAX,
): Uint8Array {
  const last = readCode === 1 ? 0x02 : readCode === 2 ? 0x7f : 0xff
  const wanted = objects.filter(({ id }) => id >= objectId && id <= last)
  const body: number[] = []
  let count = 0
  for (const { id, text } of wanted) {
    const bytes = Array.from(text, (letter) => letter.charCodeAt(0) & 0xff)
    if (HEAD_BYTES + body.length + 2 + bytes.length > limitBytes) break
    body.push(id, bytes.length, ...bytes)
    count++
  }
  const next = wanted[count]
  const more = next ? MORE_FOLLOWS : 0
  const conformity = CONFORMITY_WITH_SINGLE_OBJECTS | readCode
  const head = [unit, ENCAPSULATED, IDENTIFICATION, readCode, conformity]
  return Uint8Array.of(...head, more, next?.id ?? 0, count, ...body)
}

/** Each object as a text; `dataId` is what was asked for. */
export function identificationReadings(
  dataId: string,
  answers: readonly Identification[],
): readonly Reading[] {
  return answers.flatMap(({ objects }) =>
    objects.map(({ id, text }) => ({
      item: null,
      dataId,
      name: objectName(id),
      unit: '',
      value: { kind: 'text', text },
      dataClass: 'current',
      at: null,
    })),
  )
}

export function objectName(id: number): string {
  return names[id] ?? `Object 0x${id.toString(16).toUpperCase().padStart(2, '0')}`
}

function printable(bytes: Uint8Array): string {
  let text = ''
  for (const code of bytes) {
    if (code !== 0) text += code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '?'
  }
  return text.trim()
}
