import type { Command } from 'commander'
import { toHex } from '#protocols/bytes'
import type { ProtocolName } from '#protocols/model'
import { type CliContext, wrongCall } from '../context.ts'
import { addDeviceOptions, type DeviceFlags, deviceOf } from '../device-options.ts'
import { exitCodes } from '../exit.ts'
import { spaced } from '../frame-view.ts'
import { missingProfile } from '../missing-profile.ts'
import { printJson, say } from '../report.ts'

const examples = `
Examples:
  hes encode --protocol dlt645-2007 --address 112233445566 --item 1.8.0
  hes encode --protocol dlt645-2007 --address 112233445566 --item 0001FF00
  hes encode --protocol modbus --unit 1 --profile sdm630 --item 1.8.0,32.7.0
`

interface EncodeFlags extends DeviceFlags {
  readonly item: readonly string[]
  readonly mbap?: true
  readonly spaces?: true
  readonly json?: true
}

export function buildEncode(command: Command, context: CliContext): void {
  const { io } = context
  addDeviceOptions(command.description('Print the request frame for an item as hex.'), {
    items: true,
  })
    .option('--mbap', 'Modbus: frames as on TCP instead of RTU')
    .option('--spaces', 'put a space between the bytes')
    .option('--json', 'one JSON document a frame, each on its line')
    .addHelpText('after', examples)
    .action(
      context.runs(async (flags: EncodeFlags) => {
        const device = deviceOf(flags)
        if (typeof device === 'string') return wrongCall(io, device, 'encode')
        const problem = await missingProfile(device, flags.protocol, context)
        if (problem !== null) return wrongCall(io, problem, 'encode')
        const protocol = flags.protocol as ProtocolName
        const encoder = await context.actions.frameEncoder(protocol)
        if (encoder === null) {
          return wrongCall(io, `--protocol: "${protocol}" has no requests to encode`, 'encode')
        }
        const framing = flags.mbap ? 'tcp' : 'rtu'
        const { frames, unsupported } = encoder.encode(flags.item, device, framing)
        for (const frame of frames) {
          const text = flags.spaces ? spaced(frame) : toHex(frame)
          if (flags.json) printJson(io, { protocol, frame: toHex(frame), items: flags.item })
          else io.stdout.write(`${text}\n`)
        }
        for (const item of unsupported) {
          say(io, `hes: ${protocol} has no item ${item} [item.unknown]`)
        }
        if (unsupported.length === 0) return exitCodes.done
        return frames.length === 0 ? exitCodes.usage : exitCodes.failed
      }),
    )
}
