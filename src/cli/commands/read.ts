import type { Command } from 'commander'
import {
  isOf,
  isPresent,
  type MeterProfile,
  type ProtocolName,
  type Reading,
  valueText,
} from '#protocols/model'
import type { HeardReading, MeterReadout } from '#src/acquisition'
import type { Bench } from '#src/acquisition/field'
import { civilTime, type Duration, instant, sleep } from '#src/core'

import { failureOf, refusedBy } from '../bench-failure.ts'
import {
  addChannelOptions,
  addRemoteOptions,
  type ChannelFlags,
  clientKeys,
} from '../channel-options.ts'
import { type CliContext, settingFlags, settingsOr2, wrongCall } from '../context.ts'
import { type AccessFlags, addAccessOptions, withAccess } from '../device-access.ts'
import { addDeviceOptions, type DeviceFlags, deviceOf, nameOf } from '../device-options.ts'
import { duration } from '../duration.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { readingColumns, readingJson, readingRow, type StampText } from '../frame-view.ts'
import type { CliIo } from '../io.ts'
import type { BatchFlags } from '../read-batch.ts'
import type { ReadTask } from '../read-task.ts'
import { mapFor } from '../register-map.ts'
import { printJson, reportFailure, say } from '../report.ts'
import { RoundStatistics } from '../round-statistics.ts'
import { renderTable } from '../table.ts'
import { addViaOptions, channelThrough, type ViaFlags } from '../via-options.ts'

const examples = `
Examples:
  hes read --protocol dlt645-2007 --address 112233445566 --item 1.8.0,32.7.0 \\
      --tcp 192.168.1.20:4001
  hes read --protocol dlt645-2007 --address 112233445566 --item 1.8.0 \\
      --serial /dev/ttyUSB0 --watch 5s
  hes read --protocol modbus --unit 1 --profile sdm630 --item 1.8.0 \\
      --tcp 192.168.1.30:502
  hes read --protocol modbus --unit 1 --profile ./pump.yaml --item 1.8.0 \\
      --serial /dev/ttyUSB0 --baud 9600 --parity none
  hes read --protocol dlms --address 1/17 --tcp 192.168.1.40:4059 \\
      --item 7:1.0.99.1.0.255:2@2026-11-20T00:00..2026-11-21T00:00
  hes read --protocol dlt645-2007 --address 112233445566 --item 1.8.0 \\
      --via 4401-0105 --via-port 31 --tcp 192.168.1.30:5000
  hes read --protocol dlt645-2007 --address 112233445566 --item 1.8.0 \\
      --concentrator 37010001 --server http://127.0.0.1:8080
  hes read --group villas --item 1.8.0 --server http://127.0.0.1:8080
`

interface ReadFlags extends DeviceFlags, ChannelFlags, ViaFlags, AccessFlags, BatchFlags {
  readonly item: readonly string[]
  readonly watch?: Duration
  readonly json?: true
}

export async function buildRead(command: Command, context: CliContext): Promise<void> {
  addDeviceOptions(command.description('Ask one device, or many, and print the readings.'), {
    items: true,
    protocol: 'sometimes',
  })
    .option('--group <NAME>', 'all meters of a group, through a running head-end')
    .option('--area <CODE>', 'all meters of a transformer area, likewise')
    .option('--file <PATH>', 'the meters of a list or CSV, likewise')
    .option('--partial', 'read the others where some of the file are not there')
    .option('--deadline <TIME>', 'until then devices that are away are waited for')
  addAccessOptions(command)
    .option('--watch <TIME>', 'ask again every so often, e.g. 5s; Ctrl-C ends it', duration)
    .option('--json', 'one JSON document a reading, each on its line')
  await addRemoteOptions(addViaOptions(addChannelOptions(command)))
  command
    .addHelpText('after', examples)
    .action(context.runs((flags: ReadFlags) => readCommand(flags, context)))
}

async function readCommand(flags: ReadFlags, context: CliContext): Promise<ExitCode> {
  const { io, actions } = context
  const loaded = await settingsOr2(io, settingFlags({ ...flags }, clientKeys))
  if (loaded === null) return exitCodes.usage
  const { settings } = loaded
  const { isBatch, readBatch } = await import('../read-batch.ts')
  if (isBatch(flags)) return await readBatch(io, flags, settings, fetch)
  if (flags.protocol === undefined) {
    return wrongCall(io, "required option '-p, --protocol <P>' not specified", 'read')
  }
  const named = deviceOf(flags)
  const equipped = typeof named === 'string' ? named : await withAccess(named, flags, io)
  if (typeof equipped === 'string') return wrongCall(io, equipped, 'read')
  const channel = channelThrough(flags, io)
  if (typeof channel === 'string') return wrongCall(io, channel, 'read')
  const chosen = await mapFor(equipped, flags.protocol, async () => loaded, context)
  if (!chosen.ok) return chosen.error
  const { device, maps } = chosen.value
  const protocol = flags.protocol as ProtocolName
  const task = { protocol, device, items: flags.item, json: flags.json === true, settings }
  if (channel.kind === 'concentrator') {
    if (flags.watch !== undefined) {
      return wrongCall(io, '--watch works on --tcp, --rtu-tcp or --serial only', 'read')
    }
    if (maps.length > 0 && flags.profile !== device.profile) {
      return wrongCall(io, '--profile: a head-end reads by the map that its archive names', 'read')
    }
    const { readThroughServer } = await import('../remote-read.ts')
    return readThroughServer(io, task, channel.address, fetch)
  }
  const bench = await actions.openBench(channel, protocol, loaded, io.signal, maps)
  if (!bench.ok) return reportFailure(io, failureOf(bench.error, nameOf(device, protocol)))
  try {
    const meant = { ...task, device: await whoAnswers(io, bench.value, task) }
    if (flags.watch === undefined) return await readOnce(io, bench.value, meant)
    return await readRepeatedly(io, bench.value, meant, flags.watch)
  } finally {
    await bench.value.close()
  }
}

/** The communication address (通信地址) of DL/T 645. */
const ownAddress = '04000401'

/** The device behind an address with wildcards; as it was typed where it does not say. */
async function whoAnswers(io: CliIo, bench: Bench, task: ReadTask): Promise<MeterProfile> {
  const { device } = task
  if (task.protocol === 'modbus' || !device.address.includes('AA')) return device
  const { readings } = await bench.read([ownAddress], device, io.signal)
  const address = readings.map(({ value }) => valueText(value)).find((text) => text !== null)
  if (address === undefined || !/^\d{12}$/.test(address)) return device
  say(io, `${address} answers`)
  return { ...device, address }
}

async function readOnce(io: CliIo, bench: Bench, task: ReadTask): Promise<ExitCode> {
  const readout = await bench.read(task.items, task.device, io.signal)
  await printReadout(io, readout, task)
  return sayShortfall(io, readout, task)
}

async function readRepeatedly(
  io: CliIo,
  bench: Bench,
  task: ReadTask,
  every: Duration,
): Promise<ExitCode> {
  const statistics = new RoundStatistics(task.items.length)
  const clock = await io.clock()
  let exit: ExitCode = exitCodes.done
  do {
    const readout = await bench.read(task.items, task.device, io.signal)
    if (io.signal.aborted) break
    statistics.take(readout)
    await printReadout(io, readout, task)
    exit = sayShortfall(io, readout, task)
  } while (await sleep(clock, every, io.signal))
  say(io, statistics.summary())
  return statistics.anyAnswered ? exitCodes.done : exit
}

async function printReadout(io: CliIo, readout: MeterReadout, task: ReadTask): Promise<void> {
  const civil = civilTime(task.settings.timezone)
  const answeredAt = civil.iso((await io.clock()).now())
  const stampText: StampText = (stamp) => {
    const at = stamp.kind === 'epoch' ? instant(stamp.ms) : civil.toInstant(stamp.time)
    return at === undefined ? null : civil.iso(at)
  }
  /** A present value is of this moment; when another was, only the device knows. */
  const momentOf = (reading: Reading) => {
    if (reading.at !== null) return stampText(reading.at)
    return isPresent(reading) ? answeredAt : null
  }
  const readings = asAsked(readout.readings, task.items)
  if (!task.json) {
    if (readings.length === 0) return
    const rows = readings.map((reading) => {
      const [register = '', name = '', value = '', unit = ''] = readingRow(reading, stampText)
      return [register, name, value, unit, momentOf(reading) ?? '']
    })
    io.stdout.write(await renderTable(readingColumns, rows))
    return
  }
  for (const reading of readings) {
    printJson(io, {
      device: task.device.address,
      ...readingJson(reading, stampText),
      at: momentOf(reading),
      protocol: task.protocol,
      roundTripMs: reading.roundTripMs,
    })
  }
}

/** Readings in the order asked, without neighbours that came in the same answer. */
function asAsked(
  readings: readonly HeardReading[],
  items: readonly string[],
): readonly HeardReading[] {
  const matches = items.map((item) => readings.filter((reading) => isOf(reading, item)))
  const found = [...new Set(matches.flat())]
  return found.length > 0 ? found : readings
}

/** Says what is missing of what was asked, and how that ends. */
function sayShortfall(io: CliIo, readout: MeterReadout, task: ReadTask): ExitCode {
  const device = nameOf(task.device, task.protocol)
  const exits: ExitCode[] = []
  for (const item of readout.unsupported) {
    say(io, `hes: ${task.device.profile ?? task.protocol} has no item ${item} [item.unknown]`)
    exits.push(exitCodes.usage)
  }
  const refused = task.items.filter(
    (item) =>
      !readout.unsupported.includes(item) &&
      !readout.readings.some((reading) => isOf(reading, item)),
  )
  const named = [device, ...refused].join(' ')
  // Asked for together and then alone, a device says the same twice.
  const noes = new Map(readout.refusals.map((no) => [`${no.code} ${no.message}`, no]))
  for (const no of noes.values()) exits.push(reportFailure(io, refusedBy(no, named)))
  if (readout.failure !== null) exits.push(reportFailure(io, failureOf(readout.failure, device)))
  const [first] = exits
  if (first === undefined && readout.readings.length === 0) {
    say(io, `hes: ${device} answers, and holds nothing of that [item.empty]`)
    return exitCodes.notFound
  }
  if (first === undefined) return exitCodes.done
  if (readout.readings.length > 0) return exitCodes.failed
  return exits.find((exit) => exit !== exitCodes.usage) ?? first
}
