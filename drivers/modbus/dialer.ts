import type { Duplex } from 'node:stream'
import {
  type ChannelFacts,
  type Dialer,
  type DriverClock,
  describeSystemError,
  type Network,
  type SerialPorts,
  type SerialSettings,
} from '#drivers/channel'
import { ModbusChannel } from './channel.ts'
import { type Framing, mbapFraming, rtuFraming } from './framing.ts'
import { LateAnswers } from './late-answers.ts'
import { type ModbusMaster, openMaster } from './master.ts'
import { MESSAGE_BYTES_MAX } from './request.ts'

const CONNECT_TIMEOUT_MS = 10_000
/** Start, eight data bits, parity and stop: the standard's character, which no line exceeds. */
const BITS_PER_CHARACTER = 11
const GAP_CHARACTERS = 3.5
/** Above 19,200 baud the standard fixes the gap. */
const GAP_MS_MIN = 1.75
/** USB converters hold bytes back for up to 16 ms. */
const SERIAL_MARGIN_MS = 30
/** Serial servers gather bytes before they send them on. */
const GATEWAY_MARGIN_MS = 200
/** A unit on a bus that has not answered by now will not. */
const SERIAL_LATE_MS = 3_000
/** Round trips over radio reach eight seconds. */
const GATEWAY_LATE_MS = 10_000
/** For the gap of a line whose speed is not told. */
const BAUD_ASSUMED = 9_600

export type ModbusDialerOptions = {
  /** Defaults to `modbus-tcp:HOST:PORT` and so on. */
  readonly name?: string
  /** How long after its request an answer may still arrive on a line without transaction ids. */
  readonly lateAnswerMs?: number
  /** Told of bytes that answered nothing: late answers, noise, another master. */
  readonly stray?: (count: number) => void
} & (
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | {
      readonly kind: 'rtu-tcp'
      readonly host: string
      readonly port: number
      readonly baud?: number
    }
  | { readonly kind: 'serial'; readonly settings: SerialSettings }
)

export interface ModbusWorld {
  readonly network: Network
  readonly serialPorts: SerialPorts
  readonly clock: DriverClock
}

/** Dials a line of Modbus units: one chunk is unit and PDU, both ways. */
export function modbusDialer(options: ModbusDialerOptions, world: ModbusWorld): Dialer {
  const name = options.name ?? nameOf(options)
  const baud = baudOf(options)
  const facts: ChannelFacts = {
    name,
    halfDuplex: true,
    maxFrameBytes: MESSAGE_BYTES_MAX,
    framed: true,
    baud,
  }
  return {
    name,
    async open(signal) {
      let stream: Duplex
      const master = await openMaster()
      try {
        stream = await openStream(options, world, signal)
      } catch (error) {
        return { ok: false, error: describeSystemError(error, `opening ${name}`) }
      }
      const channel = new ModbusChannel(stream, {
        facts,
        framing: framingOf(options, master),
        clock: world.clock,
        serial: options.kind === 'tcp' ? null : serialRules(options, baud ?? BAUD_ASSUMED),
        ...(options.stray && { stray: options.stray }),
      })
      return { ok: true, value: channel }
    },
  }
}

async function openStream(
  options: ModbusDialerOptions,
  world: ModbusWorld,
  signal: AbortSignal,
): Promise<Duplex> {
  if (options.kind === 'serial') return world.serialPorts.open(options.settings)
  const deadline = new AbortController()
  const cancel = world.clock.after(CONNECT_TIMEOUT_MS, () => deadline.abort())
  try {
    const either = AbortSignal.any([signal, deadline.signal])
    return await world.network.connect(options.host, options.port, either)
  } finally {
    cancel()
  }
}

function framingOf(options: ModbusDialerOptions, master: ModbusMaster): Framing {
  return options.kind === 'tcp' ? mbapFraming(master) : rtuFraming(master)
}

function serialRules(options: ModbusDialerOptions, baud: number) {
  const gapMs = Math.max(GAP_MS_MIN, (GAP_CHARACTERS * BITS_PER_CHARACTER * 1_000) / baud)
  const isGateway = options.kind === 'rtu-tcp'
  const lateMs = options.lateAnswerMs ?? (isGateway ? GATEWAY_LATE_MS : SERIAL_LATE_MS)
  return {
    timing: { gapMs, drainMs: gapMs + (isGateway ? GATEWAY_MARGIN_MS : SERIAL_MARGIN_MS) },
    late: new LateAnswers(lateMs),
  }
}

function nameOf(options: ModbusDialerOptions): string {
  return options.kind === 'serial'
    ? `modbus-serial:${options.settings.path}`
    : `modbus-${options.kind}:${options.host}:${options.port}`
}

function baudOf(options: ModbusDialerOptions): number | null {
  switch (options.kind) {
    case 'serial':
      return options.settings.baud
    case 'rtu-tcp':
      return options.baud ?? null
    case 'tcp':
      return null
  }
}
