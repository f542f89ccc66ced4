import type { Feed, FeedMessage } from '#drivers/channel'
import { toHex } from '#protocols/bytes'
import type { Malformed, Reading } from '#protocols/model'
import { type Clock, instant, type MeterId, minutes } from '#src/core'
import type { WireFrame } from '#src/evidence'
import type { CounterMetric, Logger, Metrics } from '#src/observe'
import type { Intake } from '../intake/index.ts'
import type { PushSlots } from './push-slots.ts'

/** Characters of a payload that go into the log with a complaint. */
const SNIPPET_CHARACTERS_MAX = 200

/** Bytes of a payload that are kept beside each meter it is of. */
const EVIDENCE_BYTES_MAX = 2_048

/** Complaints a minute that are written out; a field of strangers must not fill the disk. */
const COMPLAINTS_MAX = 60
const COMPLAINTS_SPAN = minutes(1)

/** What a pushing protocol makes of a message. */
export type PushDecoded =
  | {
      readonly ok: true
      readonly deliveries: readonly { device: string; readings: readonly Reading[] }[]
    }
  | { readonly ok: false; readonly malformed: Malformed }

export interface FeedOptions {
  readonly feed: Feed
  readonly decode: (topic: string, payload: Uint8Array) => PushDecoded
  /** The meter that a device id in a topic stands for. */
  readonly meterOf: (device: string) => MeterId | undefined
  readonly intake: Pick<Intake, 'visited'>
  /** The expectations that a report meets. */
  readonly slots: Pick<PushSlots, 'heard'>
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
}

/**
 * Stores what devices push. A message is acknowledged once its readings are committed. One that
 * cannot be understood or belongs to no known meter is counted, logged with its bytes and
 * acknowledged: sent again it would be no better, and it must not block the ones behind it.
 */
export async function runFeed(options: FeedOptions): Promise<void> {
  const { feed, metrics, clock, log } = options
  const complain = boundedWarnings(log, clock)
  const messages: CounterMetric<'outcome'> = metrics.counter({
    name: 'hes_push_messages_total',
    help: 'Pushed messages by outcome',
    labels: ['outcome'],
  })
  for await (const message of feed.messages()) {
    messages.add({ outcome: await accept(message, options, complain) })
  }
}

async function accept(
  message: FeedMessage,
  { decode, meterOf, intake, slots }: FeedOptions,
  complain: Complain,
): Promise<'stored' | 'malformed' | 'unknown-device'> {
  const decoded = decode(message.topic, message.payload)
  if (!decoded.ok) {
    const { code, message: sentence } = decoded.malformed
    complain(
      { event: 'push.malformed', code, topic: message.topic, payload: snippet(message.payload) },
      sentence,
    )
    message.ack()
    return 'malformed'
  }
  const known = decoded.deliveries.flatMap(({ device, readings }) => {
    const meterId = meterOf(device)
    if (meterId !== undefined) return [{ meterId, readings }]
    complain({ event: 'push.unknown-device', device, topic: message.topic }, 'no such meter')
    return []
  })
  if (known.length === 0) {
    message.ack()
    return decoded.deliveries.length === 0 ? 'stored' : 'unknown-device'
  }
  let unstored = known.length
  const acknowledged = () => {
    unstored--
    if (unstored === 0) message.ack()
  }
  const frame = frameOf(message)
  for (const { meterId, readings } of known) {
    // What the broker kept from before says nothing of who reports now.
    const outcomes = message.retained ? [] : slots.heard(meterId, readings)
    const visit = { meterId, readings, source: 'push', outcomes, frames: [frame] } as const
    await intake.visited(visit, { acknowledged })
  }
  return 'stored'
}

/** A payload as evidence. */
function frameOf({ payload, receivedAt: at }: FeedMessage): WireFrame {
  const bytes = payload.subarray(0, EVIDENCE_BYTES_MAX)
  const isCut = bytes.length < payload.length
  return { at: instant(at), direction: 'received', bytes, masked: [], isCut }
}

type Complain = (line: Readonly<Record<string, unknown>>, sentence: string) => void

/** Warns until there were too many of late; the rest is counted and told with the next. */
function boundedWarnings(log: Logger, clock: Clock): Complain {
  let since = clock.now()
  let written = 0
  let unwritten = 0
  return (line, sentence) => {
    if (clock.now() - since >= COMPLAINTS_SPAN) {
      if (unwritten > 0) {
        log.warn({ event: 'push.unwritten', count: unwritten }, 'more complaints were not written')
      }
      since = clock.now()
      written = 0
      unwritten = 0
    }
    if (written < COMPLAINTS_MAX) {
      written++
      log.warn(line, sentence)
    } else unwritten++
  }
}

/** The beginning of a payload: as text where it is text, else as hex. */
function snippet(payload: Uint8Array): string {
  const start = payload.subarray(0, SNIPPET_CHARACTERS_MAX)
  try {
    // The cut may go through a character: only what a whole payload cannot be is no text.
    return new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: true })
  } catch {
    // Bytes that are no UTF-8 would be shown as the same question mark each.
    return toHex(start)
  }
}
