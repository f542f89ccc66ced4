import { Writer } from '#protocols/bytes'
import type { FramePart, Malformed } from '#protocols/model'
import type { Codec, ValueOf } from './codec-parts.ts'
import { Cursor } from './cursor.ts'
import { followReport } from './records.ts'
import {
  type BodyOf,
  type Frame698Part,
  type ServiceName,
  services,
  timeTag,
} from './service-table.ts'

type FollowReport = ValueOf<typeof followReport>
export type TimeTag = NonNullable<ValueOf<typeof timeTag>>

interface ApduOf<S extends ServiceName> {
  readonly service: S
  /** PIID, or PIID-ACD of a server: bit 7 priority, bit 6 ACD, bits 5 to 0 the number. */
  readonly piid: number
  readonly body: BodyOf<S>
  /** Of a server's APDU; else null. */
  readonly follow: FollowReport
  readonly timeTag: TimeTag | null
}

/** An application protocol data unit, by its service. */
export type Apdu = { readonly [S in ServiceName]: ApduOf<S> }[ServiceName]

export type ParsedApdu =
  | { readonly ok: true; readonly apdu: Apdu }
  | { readonly ok: false; readonly malformed: Malformed }

interface Layout {
  readonly service: ServiceName
  readonly around: Frame698Part
  readonly body: Codec<unknown>
}

const layouts = new Map<number, Layout>()
const picked = new Set<number>()
for (const [service, { tag, pick, around, body }] of Object.entries(services)) {
  if (pick !== null) picked.add(tag)
  layouts.set(keyOf(tag, pick), { service: service as ServiceName, around, body })
}

/** An APDU with nothing beside its body. */
export function apdu<S extends ServiceName>(
  service: S,
  piid: number,
  body: BodyOf<S>,
  tag: TimeTag | null = null,
): ApduOf<S> {
  return { service, piid, body, follow: null, timeTag: tag }
}

export function encodeApdu({ service, piid, body, follow, timeTag: tag }: Apdu): Uint8Array {
  const layout = services[service]
  const codec: Codec<unknown> = layout.body
  const to = new Writer()
  to.uint8(layout.tag)
  if (layout.pick !== null) to.uint8(layout.pick)
  if (layout.around !== 'bare') to.uint8(piid)
  codec.write(to, body)
  if (layout.around === 'server') followReport.write(to, follow)
  if (layout.around === 'server' || layout.around === 'client') timeTag.write(to, tag)
  return to.done()
}

export function decodeApdu(bytes: Uint8Array): ParsedApdu {
  return readApdu(new Cursor(bytes))
}

/** What each range of an APDU's bytes is, counted from `offset`; ends where the APDU is broken. */
export function explainApdu(bytes: Uint8Array, offset: number): readonly FramePart[] {
  const from = new Cursor(bytes)
  const parts: FramePart[] = []
  from.trace = parts
  readApdu(from)
  return parts.map((part) => ({ ...part, from: part.from + offset, to: part.to + offset }))
}

function readApdu(from: Cursor): ParsedApdu {
  const tag = from.uint8()
  const pick = picked.has(tag) ? from.uint8() : null
  const layout = layouts.get(keyOf(tag, pick))
  if (!layout) return broken('service', `no service has the tag ${tag} ${pick ?? ''}`.trimEnd(), 0)
  const { service, around, body } = layout
  from.note(0, service)
  const at = from.offset
  const piid = around === 'bare' ? 0 : from.uint8()
  if (from.trace && around !== 'bare') from.note(at, piidWords(piid))
  const content = body.read(from)
  const follow = around === 'server' ? named(from, 'follow report', followReport) : null
  const hasTag = around === 'server' || around === 'client'
  const sent = hasTag ? named(from, 'time tag', timeTag) : null
  if (from.failed) return broken('encoding', `${service} breaks off or is wrong here`, from.offset)
  if (from.remaining > 0) {
    return broken('rest', `${from.remaining} bytes behind the ${service}`, from.offset)
  }
  return { ok: true, apdu: { service, piid, body: content, follow, timeTag: sent } as Apdu }
}

function named<T>(from: Cursor, name: string, codec: Codec<T>): T {
  if (from.trace) from.enter(name)
  const value = codec.read(from)
  if (from.trace) from.leave()
  return value
}

function piidWords(piid: number): string {
  const priority = (piid & 0x80) === 0 ? '' : ', high priority'
  const access = (piid & 0x40) === 0 ? '' : ', ACD'
  return `PIID ${piid & 0x3f}${priority}${access}`
}

function keyOf(tag: number, pick: number | null): number {
  return (tag << 9) | (pick ?? 0x100)
}

function broken(name: string, message: string, offset: number): ParsedApdu {
  return { ok: false, malformed: { code: `dlt698.${name}`, message, offset } }
}
