import { Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { DataClass, ItemCode } from '#protocols/model'
import type { SlotOutcome } from '#src/collection'
import { assert, type Instant, instant, type MeterId } from '#src/core'
import type { FrameEvidence, WireFrame } from '#src/evidence'
import type { Codec, DeviceEventRecord } from '#src/outbox'
import type { StoredReading } from '#src/readings'
import { type Delivery, weightOf } from './delivery.ts'

/**
 * Moves when what stands in a record changes its meaning; the one before is still read. Since 2 the
 * moment of a frame counts from that of its visit: short numbers are quicker written.
 */
const VERSION = 2
const VERSION_BEFORE = 1

const Moment = Type.Unsafe<Instant>(Type.Integer())
const Meter = Type.Unsafe<MeterId>(Type.Integer())
const word = <Words extends string>() => Type.Unsafe<Words>(Type.String())
/** What an owner wrote as plain data and reads back: its shape is the owner's. */
const plain = <Shape>() => Type.Unsafe<Shape>(Type.Object({}))

/** Item and text, or item, digits and scale. */
const Value = Type.Union([
  Type.Tuple([word<ItemCode>(), Type.String()]),
  Type.Tuple([word<ItemCode>(), Type.Integer(), Type.Integer()]),
])

/** Values that share everything but the item. */
const Row = Type.Tuple([
  Meter,
  Moment,
  Moment,
  word<DataClass>(),
  word<StoredReading['timeSource']>(),
  word<StoredReading['source']>(),
  word<StoredReading['quality']>(),
  Type.Array(Value),
])

const Frame = Type.Tuple([
  Type.Integer({ description: 'milliseconds since the visit was received' }),
  word<WireFrame['direction']>(),
  Type.String({ description: 'base64' }),
  Type.Array(Type.Tuple([Type.Integer(), Type.Integer()])),
  Type.Boolean(),
])

const Record = Type.Object({
  v: Type.Union([Type.Literal(VERSION), Type.Literal(VERSION_BEFORE)]),
  readings: Type.Array(Row),
  outcomes: Type.Array(plain<SlotOutcome>()),
  events: Type.Array(plain<DeviceEventRecord>()),
  frames: Type.Array(Type.Tuple([Meter, Moment, Type.Array(Frame)])),
})

type Record = (typeof Record)['static']
type Row = (typeof Row)['static']

const check = TypeCompiler.Compile(Record)

/** A delivery as it lies in the outbox: JSON, with what readings share written once. */
export const deliveryCodec: Codec<Delivery> = {
  encode({ readings, outcomes, events, frames }) {
    const record: Record = {
      v: VERSION,
      readings: rowsOf(readings),
      outcomes: [...outcomes],
      events: [...events],
      frames: frames.map(framesOf),
    }
    return Buffer.from(JSON.stringify(record))
  },
  decode(bytes) {
    const record: unknown = JSON.parse(Buffer.from(bytes).toString())
    assert(check.Check(record), 'a delivery of a form that is known here')
    const { v, readings, outcomes, events, frames } = record
    return {
      readings: readings.flatMap(readingsOf),
      outcomes,
      events,
      frames: frames.map((visit) => evidenceOf(visit, v === VERSION ? visit[1] : instant(0))),
    }
  },
  weight: weightOf,
}

function rowsOf(readings: readonly StoredReading[]): Row[] {
  const rows: Row[] = []
  let shared: StoredReading | undefined
  for (const reading of readings) {
    const { item, value } = reading
    if (!shared || !isAlike(shared, reading)) {
      const { meterId, measuredAt, receivedAt, dataClass, timeSource, source, quality } = reading
      rows.push([meterId, measuredAt, receivedAt, dataClass, timeSource, source, quality, []])
      shared = reading
    }
    const values = rows.at(-1)?.[7]
    if (value.kind === 'text') values?.push([item, value.text])
    else values?.push([item, value.digits, value.scale])
  }
  return rows
}

function isAlike(one: StoredReading, other: StoredReading): boolean {
  return (
    one.meterId === other.meterId &&
    one.measuredAt === other.measuredAt &&
    one.receivedAt === other.receivedAt &&
    one.dataClass === other.dataClass &&
    one.timeSource === other.timeSource &&
    one.source === other.source &&
    one.quality === other.quality
  )
}

function readingsOf(row: Row): readonly StoredReading[] {
  const [meterId, measuredAt, receivedAt, dataClass, timeSource, source, quality, values] = row
  const shared = { meterId, measuredAt, receivedAt, dataClass, timeSource, source, quality }
  return values.map((value) => {
    const [item, first, scale] = value
    if (typeof first === 'string') return { ...shared, item, value: { kind: 'text', text: first } }
    return { ...shared, item, value: { kind: 'number', digits: first, scale: scale ?? 0 } }
  })
}

function framesOf({ meterId, receivedAt, frames }: FrameEvidence): Record['frames'][number] {
  return [
    meterId,
    receivedAt,
    frames.map(({ at, direction, bytes, masked, isCut }) => [
      at - receivedAt,
      direction,
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'),
      masked.map(({ from, to }): [number, number] => [from, to]),
      isCut,
    ]),
  ]
}

/** `origin`: what the moments of the frames count from. */
function evidenceOf(
  [meterId, receivedAt, frames]: Record['frames'][number],
  origin: Instant,
): FrameEvidence {
  return {
    meterId,
    receivedAt,
    frames: frames.map(([at, direction, bytes, masked, isCut]) => ({
      at: instant(origin + at),
      direction,
      bytes: Buffer.from(bytes, 'base64'),
      masked: masked.map(([from, to]) => ({ from, to })),
      isCut,
    })),
  }
}
