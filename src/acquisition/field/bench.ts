import type { Channel, TransportError } from '#drivers/channel'
import { dlt645 } from '#protocols/dlt645'
import { modbusWith } from '#protocols/modbus'
import type { MeterTime, ProtocolName } from '#protocols/model'
import { fail, ok, type Result, seconds } from '#src/core'
import { meterReader } from '../readers/index.ts'
import { Line } from '../wire/index.ts'
import { behindTerminal } from './behind-bench.ts'
import { readClock, setClock } from './clock.ts'
import { openRaw, openUnits } from './dial.ts'
import { editionBench } from './edition-bench.ts'
import { benchOn, lineBench, noSearch } from './line-bench.ts'
import type { Probe, ProbePlan } from './probe.ts'
import type { Bench, FieldChannel, FieldFailure, FieldWorld, Tap } from './types.ts'
import { sweepUnits } from './units.ts'

type MakeBench = (channel: Channel, world: FieldWorld) => Bench | Promise<Bench>

/** What is asked over a channel of bytes, each loaded when it is wanted. */
const makers: Readonly<Partial<Record<ProtocolName, MakeBench>>> = {
  'dlt645-2007': (channel, world) => meterBench(channel, world),
  async 'dlt645-1997'(channel, world) {
    const { broadcastAddress, dlt645v1997 } = await import('#protocols/dlt645')
    const { clock, gate } = world
    const line = new Line(channel, clock, gate.keeper)
    const tellAll = (time: MeterTime) =>
      ({ kind: 'set-clock', address: broadcastAddress, time }) as const
    const bench = benchOn(line, world, dlt645v1997, noSearch, { tellAll })
    return editionBench({ line: () => line, clock, edition: 'dlt645-1997' }, bench)
  },
  async gdw376(channel, world) {
    const { gdw376 } = await import('#protocols/gdw376')
    return lineBench(channel, world, gdw376, 'unasked')
  },
  async dlt698(channel, world) {
    const { dlt698 } = await import('#protocols/dlt698')
    const anyone = { address: 'AAAAAAAAAAAA', profile: null, item: '1.8.0' }
    return lineBench(channel, world, dlt698, { probes: [anyone], likely: 1, limit: null })
  },
  async dlms(channel, world) {
    const { dlmsBench } = await import('./dlms-bench.ts')
    return dlmsBench(channel, world, dlmsSearch(channel))
  },
}

/**
 * Logical device 1 alone, then behind the physical addresses that makers give: 16 and the last two
 * digits of the serial number, as a rule. The first of them are by far the most usual.
 */
const dlmsProbes: readonly Probe[] = [
  '1',
  ...Array.from({ length: 127 }, (_, index) => `1/${((index + 15) % 127) + 1}`),
].map((address) => ({ address, profile: null, item: '1.8.0' }))
const DLMS_LIKELY = 3
const networkLimit = seconds(30)

/** A serial bus is asked to its end; at the end of a network, mostly one meter is or none. */
function dlmsSearch({ facts }: Channel): ProbePlan {
  const limit = facts.baud === null ? networkLimit : null
  return { probes: dlmsProbes, likely: DLMS_LIKELY, limit }
}

/** Opens a channel to work on from this machine; whoever opens it closes it. */
export async function openBench(
  channel: FieldChannel,
  protocol: ProtocolName,
  world: FieldWorld,
  signal: AbortSignal,
): Promise<Result<Bench, FieldFailure>> {
  if (protocol === 'modbus' && !channel.via) {
    const opened = await openUnits(channel, world, signal)
    return opened.ok ? ok(unitBench(opened.value, world)) : fail(transport(opened.error))
  }
  const { via } = channel
  const make = via ? (await behindTerminal(protocol, via))?.bench : makers[protocol]
  if (!make) {
    const where = via ? 'through a terminal' : 'over a channel'
    return fail(notOffered(`${protocol} devices are not asked ${where}`))
  }
  const opened = await openRaw(channel, world, signal)
  return opened.ok ? ok(await make(opened.value, world)) : fail(transport(opened.error))
}

/** Devices of a protocol on a channel of bytes that is open already; null where it has none. */
export async function benchAt(
  channel: Channel,
  protocol: ProtocolName,
  world: FieldWorld,
): Promise<Bench | null> {
  return (await makers[protocol]?.(channel, world)) ?? null
}

/** Opens a channel to listen on; nothing is ever sent. */
export async function openTap(
  channel: FieldChannel,
  world: FieldWorld,
  signal: AbortSignal,
): Promise<Result<Tap, FieldFailure>> {
  const opened = await openRaw(channel, world, signal)
  if (!opened.ok) return fail(transport(opened.error))
  const line = opened.value
  return ok({
    name: line.facts.name,
    bytes: () => line.bytes(),
    failure: () => (line.failure === null ? null : transport(line.failure)),
    close: () => line.close(),
  })
}

/** DL/T 645 meters. */
export function meterBench(channel: Channel, world: FieldWorld): Bench {
  let opened: Line | null = null
  const line = () => {
    opened ??= new Line(channel, world.clock, world.gate.keeper)
    return opened
  }
  const reader = meterReader(dlt645)
  const { clock } = world
  return editionBench(
    { line, clock, edition: 'dlt645-2007' },
    {
      name: channel.facts.name,
      read: (items, meter, signal) => reader.read(line(), meter, items, null, signal),
      readClock: (meter, signal) => readClock(line(), meter, world, signal),
      setClock: (meter, signal) => setClock(line(), meter, world, signal),
      close: () => opened?.close() ?? channel.close(),
    },
  )
}

/** Modbus units. */
export function unitBench(channel: Channel, world: FieldWorld): Bench {
  const line = new Line(channel, world.clock, world.gate.keeper)
  const protocol = modbusWith(world.registerMaps ?? [])
  const reader = meterReader(protocol)
  const noClock = async () => fail(notOffered('Modbus has no common clock'))
  return {
    name: channel.facts.name,
    read: (items, meter, signal) => reader.read(line, meter, items, null, signal),
    scan: (plan, watcher, signal) => sweepUnits({ line, protocol, reader }, plan, watcher, signal),
    readClock: noClock,
    setClock: noClock,
    close: () => line.close(),
  }
}

function notOffered(message: string): FieldFailure {
  return { code: 'field.not-offered', message, raw: new Uint8Array(0) }
}

function transport(error: TransportError): FieldFailure {
  return { code: error.code, message: error.message, raw: new Uint8Array(0) }
}
