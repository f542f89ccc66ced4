import { type Command, Option } from 'commander'
import { toHex } from '#protocols/bytes'
import {
  type MeterProfile,
  meterTimeText,
  type ProtocolName,
  type RelayAction,
} from '#protocols/model'
import type { BuiltFrame, EncodedFrames, FrameEncoder } from '#src/acquisition/frames'
import { ok } from '#src/core'
import {
  addPasswordOptions,
  type PasswordFlags,
  relayActions,
  withGivenPassword,
  withPassword,
} from '../access-options.ts'
import { type CliContext, settingsOr2, wrongCall } from '../context.ts'
import { type AccessFlags, addAccessOptions, withAccess } from '../device-access.ts'
import { addDeviceOptions, askingProtocols, type DeviceFlags, deviceOf } from '../device-options.ts'
import { requestsHelp } from '../encode-help.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { spaced } from '../frame-view.ts'
import type { CliIo } from '../io.ts'
import { mapFor } from '../register-map.ts'
import { printJson, say } from '../report.ts'

const examples = `
Examples:
  hes encode --protocol dlt645-2007 --address 112233445566 --item 1.8.0
  hes encode --protocol modbus --unit 1 --profile sdm630 --item 1.8.0,32.7.0
  hes encode --protocol dlt645-2007 --address 112233445566 --action trip \\
      --password 02000000
  hes encode --protocol dlt645-2007 --address 112233445566 \\
      --item 04000103=15 --password 02000000
  hes encode --protocol gdw376 --address 4401-0105 --item 05-F31:=003015221126
  hes encode --protocol dlt645-2007 --address 112233445566 \\
      --request freeze when=99999999

--item ITEM reads. --item ITEM=VALUE writes a value as people write it, where
an item has several with / between them, and --item ITEM:=HEX the bytes as they
are sent. --request NAME builds any other request; its arguments follow it.
All requests of a visit are printed, in order; where protocols ask again for
what an answer leaves out, as if every answer fitted.

A frame that moves something is printed to be looked at, not to be sent: its
end is 2000-01-01, so that a device that gets it by mistake does not obey.
stderr says what each would do, and where a protocol has no field for an end.
hes relay and hes clock send orders.
`

interface EncodeFlags extends DeviceFlags, PasswordFlags, AccessFlags {
  readonly item?: readonly string[]
  readonly action?: RelayAction
  readonly request?: string
  readonly mbap?: true
  readonly spaces?: true
  readonly json?: true
}

/** Both ends have a part in them, and a counter that is printed must never be used again. */
const underKeys =
  '--access-file: frames under keys are built for one meter that answers: hes read, hes relay'

/** Long past for every device: whatever gets the frame must not obey it. */
const longPast = { year: 2000, month: 1, day: 1, hour: 0, minute: 0, second: 0 }

export async function buildEncode(command: Command, context: CliContext): Promise<void> {
  addDeviceOptions(command.description('Print the frames of requests as hex.'), { items: true })
  command.options.find(({ long }) => long === '--item')?.makeOptionMandatory(false)
  command
    .argument('[name=value...]', 'arguments of --request')
    .addOption(
      new Option('--action <A>', 'instead of --item: the frames of an order to the relay')
        .choices(relayActions)
        .conflicts(['item', 'request']),
    )
    .addOption(
      new Option(
        '--request <NAME>',
        'instead of --item: a request by its name, see below',
      ).conflicts('item'),
    )
  addAccessOptions(addPasswordOptions(command))
    .option('--mbap', 'Modbus: frames as on TCP instead of RTU')
    .option('--spaces', 'put a space between the bytes')
    .option('--json', 'one JSON document a frame, each on its line')
    .addHelpText('after', examples)
    .action(
      context.runs((args: readonly string[], flags: EncodeFlags) =>
        encodeCommand(args, flags, context),
      ),
    )
  if (context.isHelp) command.addHelpText('after', await requestsHelp(askingProtocols, context))
}

async function encodeCommand(
  args: readonly string[],
  flags: EncodeFlags,
  context: CliContext,
): Promise<ExitCode> {
  const { io } = context
  const { item, action, request } = flags
  if (item === undefined && action === undefined && request === undefined) {
    return wrongCall(io, 'name --item or --action or --request', 'encode')
  }
  if (request === undefined && args.length > 0) {
    return wrongCall(io, `"${args[0]}" is an argument of --request, which is not there`, 'encode')
  }
  const named = deviceOf(flags)
  if (typeof named === 'string') return wrongCall(io, named, 'encode')
  const byHand = request !== undefined || item?.every((one) => one.includes(':')) === true
  const chosen =
    byHand && named.profile === null
      ? ok({ device: named, maps: [] })
      : await mapFor(named, flags.protocol, () => settingsOr2(io), context)
  if (!chosen.ok) return chosen.error
  const { device, maps } = chosen.value
  const protocol = flags.protocol as ProtocolName
  const encoder = await context.actions.frameEncoder(protocol, maps)
  if (encoder === null) {
    return wrongCall(io, `--protocol: "${protocol}" has no requests to encode`, 'encode')
  }
  const equipped = await withAccess(device, flags, io)
  if (typeof equipped === 'string') return wrongCall(io, equipped, 'encode')
  const meter =
    action === undefined
      ? withGivenPassword(equipped, flags, protocol, io)
      : withPassword(equipped, flags, protocol, io)
  if (typeof meter === 'string') return wrongCall(io, meter, 'encode')
  if (meter.access?.encryptionKey !== undefined) return wrongCall(io, underKeys, 'encode')
  return print(io, encoded(encoder, meter, args, flags), flags)
}

function encoded(
  encoder: FrameEncoder,
  meter: MeterProfile,
  args: readonly string[],
  { item, action, request, mbap }: EncodeFlags,
): EncodedFrames {
  const target = { meter, expiresAt: longPast, framing: mbap ? 'tcp' : 'rtu' } as const
  if (action !== undefined) return encoder.order(action, target)
  if (request !== undefined) return encoder.request(request, args, target)
  return encoder.items(item ?? [], target)
}

function print(io: CliIo, { frames, faults, notes }: EncodedFrames, flags: EncodeFlags): ExitCode {
  const { protocol, spaces, json, item, action, request } = flags
  for (const fault of [...faults, ...notes]) say(io, `hes: ${protocol} ${fault}`)
  // Of an order nothing is printed but the whole.
  if (frames.length === 0 || (action !== undefined && faults.length > 0)) return exitCodes.usage
  const asked = action ? { action } : request ? { request } : { items: item }
  for (const [index, frame] of frames.entries()) {
    const { bytes, effect, endsAt } = frame
    if (effect !== 'read') say(io, warningOf(frame, index, frames.length))
    const ends = endsAt && meterTimeText(endsAt)
    if (json) printJson(io, { protocol, frame: toHex(bytes), ...asked, effect, ends })
    else io.stdout.write(`${spaces ? spaced(bytes) : toHex(bytes)}\n`)
  }
  return faults.length === 0 ? exitCodes.done : exitCodes.failed
}

const effects: Readonly<Record<Exclude<BuiltFrame['effect'], 'read'>, string>> = {
  clock: 'sets a clock',
  trip: 'opens a relay',
  relay: 'is an order to a relay or an alarm',
  'load-limit': 'limits the load',
  price: 'changes prices',
  key: 'is about keys or passwords',
  address: 'changes an address',
  mode: 'changes how a device works',
  clear: 'clears data',
  write: 'writes to a device',
  firmware: 'replaces what a device runs',
  unknown: 'may move anything',
}

/** What a frame does to whoever gets it, and whether it can still do so. */
function warningOf({ effect, endsAt }: BuiltFrame, index: number, count: number): string {
  if (effect === 'read') return ''
  const which = count === 1 ? 'this frame' : `frame ${index + 1}`
  const end = endsAt
    ? `its end is ${meterTimeText(endsAt)}`
    : 'it names no day on which it ends: let no device get it'
  return `hes: ${which} ${effects[effect]} (${effect}); ${end}`
}
