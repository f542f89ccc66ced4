import { type Command, Option } from 'commander'
import {
  type MeterProfile,
  type ProtocolName,
  protocolNames,
  type RelayAction,
} from '#protocols/model'
import type { FieldFailure, RelayBench, RelayReport, RelayState } from '#src/acquisition/field'
import {
  addPasswordOptions,
  type PasswordFlags,
  relayActions,
  withPassword,
} from '../access-options.ts'
import { failureOf } from '../bench-failure.ts'
import { addChannelOptions, type ChannelFlags } from '../channel-options.ts'
import { type CliContext, settingsOr2, wrongCall } from '../context.ts'
import { type AccessFlags, addAccessOptions, withAccess } from '../device-access.ts'
import { deviceOf } from '../device-options.ts'
import { type CliFailure, type ExitCode, exitCodes } from '../exit.ts'
import type { CliIo } from '../io.ts'
import { printJson, progress, reportFailure } from '../report.ts'
import { addViaOptions, channelThrough, type ViaFlags } from '../via-options.ts'

const examples = `
Examples:
  hes relay --bench --protocol dlt645-2007 --address 112233445566 \\
      --action trip --password-file meter.key --serial /dev/ttyUSB0
  hes relay --bench --protocol dlt645-2007 --address 112233445566 \\
      --action close --password 02000000 --tcp 192.168.1.20:4001 --yes
  hes relay --bench --protocol gdw376 --address 4401-0105/1 --action trip \\
      --password-file terminal.key --tcp 192.168.1.30:5000
  hes relay --bench --protocol dlt645-2007 --address 112233445566 \\
      --via 4401-0105 --action trip --password-file meter.key \\
      --tcp 192.168.1.30:5000
  hes relay --bench --protocol dlms --address 1 --profile wrapper \\
      --access-file keys.yaml --action close --tcp 192.168.1.40:4059

One meter, on a channel that no head-end uses. It asks first; without a terminal
it needs --yes. Shows the state before and after, waits for the meter's own
delay, and writes every order to bench-journal.jsonl in HES_DATA_DIR before it
is sent. The file TRIP_STOP there stops trips. A file keeps passwords and keys
out of the list of processes. Only what can be read back is ordered: of 376.1
trip and allow-close of a round (/1), alarm and protect of the terminal; of
DLMS trip, close and allow-close. --via orders one meter behind a terminal.

Exits 0 only where the state read back shows the order; 1 where the meter took
it and has not moved (yet).
`

/** Protocols that have no order to a relay: why, and what to do instead. */
const orderless: Readonly<Partial<Record<string, readonly [why: string, instead: string]>>> = {
  'dlt645-1997': [
    'DL/T 645-1997 has no order to a relay; control 1CH came with 2007',
    'try --protocol dlt645-2007, or the round of its terminal with --protocol gdw376',
  ],
  modbus: [
    'no relay is ordered by Modbus: a register carries no end of an order and proves nothing',
    "use the maker's own tool at the device",
  ],
  mqtt: [
    'a meter on MQTT reports and takes no order: nothing would prove that one was carried out',
    'use the protocol of its serial port, with --serial or --tcp',
  ],
}

interface RelayFlags extends ChannelFlags, ViaFlags, PasswordFlags, AccessFlags {
  readonly protocol: string
  readonly address: string
  readonly profile?: string
  readonly action: RelayAction
  readonly bench?: true
  readonly reason?: string
  readonly yes?: true
  readonly json?: true
}

export function buildRelay(command: Command, context: CliContext): void {
  command
    .description('Order the relay of one meter at the bench, and show the state read back.')
    .addOption(
      new Option('-p, --protocol <P>', 'what the device speaks')
        .choices(protocolNames)
        .makeOptionMandatory(),
    )
    .requiredOption(
      '-a, --address <A>',
      'one device: 12 digits; 376: 2347-0001/1, its round or point 1; DLMS: 1/17',
    )
    .option('--profile <NAME>', 'DLMS: wrapper on TCP; others: deviations of a maker')
    .addOption(new Option('--action <A>', 'what to do').choices(relayActions).makeOptionMandatory())
    .option('--bench', 'work on this channel alone, without a head-end')
  addAccessOptions(addPasswordOptions(command))
    .option('--reason <TEXT>', 'why, for the journal')
    .option('--yes', 'do not ask before sending')
    .option('--json', 'one JSON document on stdout')
  addViaOptions(addChannelOptions(command))
    .option('--concentrator <ADDRESS>', 'through a running head-end')
    .addHelpText('after', examples)
    .action(context.runs((flags: RelayFlags) => relayCommand(flags, context)))
}

async function relayCommand(flags: RelayFlags, context: CliContext): Promise<ExitCode> {
  const { io, actions: does } = context
  const [why, instead] = orderless[flags.protocol] ?? []
  if (why !== undefined && instead !== undefined) return reportFailure(io, noOrder(why, instead))
  const loaded = await settingsOr2(io)
  if (loaded === null) return exitCodes.usage
  const device = deviceOf(flags)
  if (typeof device === 'string') return wrongCall(io, device, 'relay')
  const isOfMeter = flags.protocol === 'dlt645-2007' || flags.protocol === 'dlt698'
  if (isOfMeter && !/^\d+$/.test(device.address)) {
    return wrongCall(io, '--address: allowed: 12 digits; an order goes to one meter', 'relay')
  }
  const channel = channelThrough(flags, io)
  if (typeof channel === 'string') return wrongCall(io, channel, 'relay')
  if (channel.kind === 'concentrator') return reportFailure(io, noGovernor)
  if (!flags.bench) return reportFailure(io, notBench)
  const equipped = await withAccess(device, flags, io)
  if (typeof equipped === 'string') return wrongCall(io, equipped, 'relay')
  const meter = withPassword(equipped, flags, flags.protocol, io)
  if (typeof meter === 'string') return wrongCall(io, meter, 'relay')
  const confirmed = flags.yes ? '--yes' : await typed(io, flags)
  if (confirmed === null) return reportFailure(io, notConfirmed(device.address))
  const { protocol } = flags
  const opened = await does.openRelayBench(channel, protocol as ProtocolName, loaded, io.signal)
  if (!opened.ok) return reportFailure(io, relayFailure(opened.error, device.address))
  try {
    return await order(io, opened.value, meter, { flags, confirmed })
  } finally {
    await opened.value.close()
  }
}

async function order(
  io: CliIo,
  bench: RelayBench,
  meter: MeterProfile,
  { flags, confirmed }: { readonly flags: RelayFlags; readonly confirmed: string },
): Promise<ExitCode> {
  const shown = progress(io)
  const { action } = flags
  const reason = flags.reason ?? 'hes relay --bench'
  const task = { action, meter, reason, confirmed }
  const ordered = await bench.relay(task, (text) => shown.show(text), io.signal)
  shown.clear()
  if (!ordered.ok) return reportFailure(io, relayFailure(ordered.error, meter.address))
  const report = ordered.value
  if (flags.json) {
    const { before, after, delayMinutes, answered, proven, said } = report
    const device = meter.address
    printJson(io, { device, action, before, after, delayMinutes, answered, proven, said })
  } else {
    io.stdout.write(sentences(report))
  }
  if (report.proven) return exitCodes.done
  return reportFailure(io, unproven(report, meter.address))
}

async function typed(io: CliIo, { action, address }: RelayFlags): Promise<string | null> {
  const question = `Type ${address} to order "${action}" for this meter: `
  return (await io.stdin.ask(question))?.trim() === address ? 'typed' : null
}

function sentences({ before, after, said, answered }: RelayReport): string {
  const lines = [
    `before  ${stateText(before)}`,
    `after   ${stateText(after)}`,
    ...(said.length > 0 ? [`meter   ${said.join('; ')}`] : []),
    ...(answered ? [] : ['meter   gave no answer to the order; the state was read all the same']),
  ]
  return `${lines.join('\n')}\n`
}

function stateText({ contact, tripOrdered, alarm, isKept, word }: RelayState): string {
  const flags = [
    // A terminal tells its rounds and not what hangs on them.
    ...(contact === null && word !== null ? [] : [`relay ${contact ?? 'unknown'}`]),
    ...(tripOrdered ? ['trip ordered'] : []),
    ...(alarm ? ['alarm'] : []),
    ...(isKept ? ['supply kept'] : []),
  ]
  if (flags.length === 0) return word ?? ''
  return flags.join(', ') + (word === null ? '' : ` (${word})`)
}

function unproven({ answered }: RelayReport, address: string): CliFailure {
  return {
    exit: exitCodes.failed,
    code: answered ? 'relay.not-yet' : 'relay.unknown',
    message: answered
      ? `${address} took the order, but its state does not show it (yet)`
      : `${address} gave no answer, and its state does not show the order`,
    next: 'a high current or a delay may hold it: read 0.0.96.3.10 later, do not repeat the order',
  }
}

const refusedNext = 'the meter works and says no: check level, password and kept supply'

/** Failures that are of orders alone; the rest is as on any line. */
const meanings: Readonly<Record<string, Pick<CliFailure, 'exit' | 'next'>>> = {
  'relay.no-order': {
    exit: exitCodes.usage,
    next: 'nothing was sent: this protocol has no such order for this address, or wants more of it',
  },
  'dlms.control-mode': {
    exit: exitCodes.safeguard,
    next: 'nothing was sent: set the control mode, 70:0.0.96.3.10.255:4, or order what it allows',
  },
  'relay.no-word': { exit: exitCodes.usage, next: 'nothing was sent; it says what works instead' },
  'relay.not-one': { exit: exitCodes.safeguard, next: 'name one meter by its whole address' },
  'relay.clock-off': { exit: exitCodes.safeguard, next: 'set the clock first: hes clock --set' },
  'relay.channel-in-use': {
    exit: exitCodes.safeguard,
    next: 'stop the other process, or work through its head-end',
  },
  'exchange.gate': { exit: exitCodes.safeguard, next: 'nothing was sent; the reason is above' },
}

function relayFailure(failure: FieldFailure, address: string): CliFailure {
  const meaning = meanings[failure.code]
  const usual = failureOf(failure, address)
  if (meaning) return { ...usual, ...meaning }
  return usual.exit === exitCodes.refused ? { ...usual, next: refusedNext } : usual
}

const noGovernor: CliFailure = {
  exit: exitCodes.safeguard,
  code: 'relay.no-governor',
  message: 'orders through a head-end need its governor, which is not there yet',
  next: 'at the meter itself: hes relay --bench on --serial or --tcp',
}

const noOrder = (message: string, next: string): CliFailure => ({
  exit: exitCodes.usage,
  code: 'relay.no-word',
  message,
  next,
})

const notBench: CliFailure = {
  exit: exitCodes.safeguard,
  code: 'relay.not-bench',
  message: 'a relay is ordered from here only in the explicit bench mode',
  next: 'add --bench, on a channel that no head-end uses',
}

const notConfirmed = (address: string): CliFailure => ({
  exit: exitCodes.safeguard,
  code: 'relay.not-confirmed',
  message: `nothing was sent to ${address}: nobody confirmed it`,
  next: 'type the address when asked, or add --yes',
})
