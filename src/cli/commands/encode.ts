import { type Command, Option } from 'commander'
import { toHex } from '#protocols/bytes'
import type { MeterProfile, ProtocolName, RelayAction } from '#protocols/model'
import type { FrameEncoder } from '#src/acquisition/frames'
import {
  addPasswordOptions,
  type PasswordFlags,
  relayActions,
  withPassword,
} from '../access-options.ts'
import { type CliContext, settingsOr2, wrongCall } from '../context.ts'
import { addDeviceOptions, type DeviceFlags, deviceOf } from '../device-options.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { spaced } from '../frame-view.ts'
import type { CliIo } from '../io.ts'
import { mapFor } from '../register-map.ts'
import { printJson, say } from '../report.ts'

const examples = `
Examples:
  hes encode --protocol dlt645-2007 --address 112233445566 --item 1.8.0
  hes encode --protocol dlt645-2007 --address 112233445566 --item 0001FF00
  hes encode --protocol modbus --unit 1 --profile sdm630 --item 1.8.0,32.7.0
  hes encode --protocol dlt645-2007 --address 112233445566 --action trip \\
      --password 02000000

An order is printed to be looked at, not to be sent: its end is 2000-01-01, so
that a meter that gets it by mistake does not obey. Where a protocol has no
field for the end of an order, stderr says so. hes relay sends orders.
`

interface EncodeFlags extends DeviceFlags, PasswordFlags {
  readonly item?: readonly string[]
  readonly action?: RelayAction
  readonly mbap?: true
  readonly spaces?: true
  readonly json?: true
}

/** Long past for every device: whatever gets the frame must not obey it. */
const longPast = { year: 2000, month: 1, day: 1, hour: 0, minute: 0, second: 0 }

export function buildEncode(command: Command, context: CliContext): void {
  addDeviceOptions(command.description('Print the request frame for an item as hex.'), {
    items: true,
  })
  command.options.find(({ long }) => long === '--item')?.makeOptionMandatory(false)
  command.addOption(
    new Option('--action <A>', 'instead of --item: the frame of an order to the relay')
      .choices(relayActions)
      .conflicts('item'),
  )
  addPasswordOptions(command)
    .option('--mbap', 'Modbus: frames as on TCP instead of RTU')
    .option('--spaces', 'put a space between the bytes')
    .option('--json', 'one JSON document a frame, each on its line')
    .addHelpText('after', examples)
    .action(context.runs((flags: EncodeFlags) => encodeCommand(flags, context)))
}

async function encodeCommand(flags: EncodeFlags, context: CliContext): Promise<ExitCode> {
  const { io } = context
  const { item, action } = flags
  if (item === undefined && action === undefined) {
    return wrongCall(io, 'name --item or --action', 'encode')
  }
  const named = deviceOf(flags)
  if (typeof named === 'string') return wrongCall(io, named, 'encode')
  const chosen = await mapFor(named, flags.protocol, () => settingsOr2(io), context)
  if (!chosen.ok) return chosen.error
  const { device, maps } = chosen.value
  const protocol = flags.protocol as ProtocolName
  const encoder = await context.actions.frameEncoder(protocol, maps)
  if (encoder === null) {
    return wrongCall(io, `--protocol: "${protocol}" has no requests to encode`, 'encode')
  }
  if (item !== undefined) return encodeItems(io, encoder, device, { ...flags, protocol, item })
  const meter = withPassword(device, flags, protocol, io)
  if (typeof meter === 'string') return wrongCall(io, meter, 'encode')
  return action ? encodeOrder(io, encoder, meter, { ...flags, protocol, action }) : exitCodes.usage
}

type Chosen<Key extends 'item' | 'action'> = EncodeFlags & { readonly protocol: ProtocolName } & {
  readonly [Name in Key]: NonNullable<EncodeFlags[Name]>
}

function encodeItems(
  io: CliIo,
  encoder: FrameEncoder,
  device: MeterProfile,
  flags: Chosen<'item'>,
): ExitCode {
  const { protocol, item: items } = flags
  const { frames, unsupported } = encoder.encode(items, device, flags.mbap ? 'tcp' : 'rtu')
  print(io, frames, flags, { items })
  for (const item of unsupported) say(io, `hes: ${protocol} has no item ${item} [item.unknown]`)
  if (unsupported.length === 0) return exitCodes.done
  return frames.length === 0 ? exitCodes.usage : exitCodes.failed
}

function encodeOrder(
  io: CliIo,
  encoder: FrameEncoder,
  meter: MeterProfile,
  flags: Chosen<'action'>,
): ExitCode {
  const { protocol, action } = flags
  const order = { action, expiresAt: longPast }
  const { frames, unsupported, expires } = encoder.order(order, meter, flags.mbap ? 'tcp' : 'rtu')
  if (frames.length === 0 || unsupported.length > 0) {
    say(io, `hes: ${protocol} has no order "${action}" for ${meter.address} [relay.no-order]`)
    return exitCodes.usage
  }
  if (!expires) {
    say(
      io,
      `hes: an order of ${protocol} names no day on which it ends: let no device get this frame`,
    )
  }
  print(io, frames, flags, { action })
  return exitCodes.done
}

function print(
  io: CliIo,
  frames: readonly Uint8Array[],
  { spaces, json, protocol }: EncodeFlags,
  asked: object,
): void {
  for (const frame of frames) {
    if (json) printJson(io, { protocol, frame: toHex(frame), ...asked })
    else io.stdout.write(`${spaces ? spaced(frame) : toHex(frame)}\n`)
  }
}
