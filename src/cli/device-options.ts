import { type Command, InvalidArgumentError, Option } from 'commander'
import { addressForms, type MeterProfile, protocolNames } from '#protocols/model'
import { wholeNumber } from './channel-options.ts'

/** Options that name one device. */
export interface DeviceFlags {
  readonly protocol: string
  readonly address?: string
  readonly unit?: number
  readonly profile?: string
}

/** Protocols that ask and answer over a channel. */
export const askingProtocols = protocolNames.filter((name) => name !== 'mqtt')

/** Adds `--protocol`, `--address`, `--unit`, `--profile` and, where wanted, `--item`. */
export function addDeviceOptions(
  command: Command,
  wants: { readonly items: boolean; readonly protocol?: 'sometimes' },
): Command {
  const protocol = new Option('-p, --protocol <P>', 'what the device speaks').choices(
    askingProtocols,
  )
  command
    .addOption(wants.protocol === 'sometimes' ? protocol : protocol.makeOptionMandatory())
    .option(
      '-a, --address <A>',
      'DL/T 645, 698: 12 digits, A for any; 376: 2347-0001/1; DLMS: 1/17',
    )
    .option('--unit <N>', 'Modbus: unit 1 to 247', wholeNumber)
    .option(
      '--profile <NAME>',
      'Modbus: register map, e.g. sdm630, or a file: ./own.yaml; DLMS: wrapper on TCP; others: deviations of a maker',
    )
  if (!wants.items) return command
  return command.addOption(
    new Option('-i, --item <I,…>', "register code (1.8.0) or the protocol's own id (00010000)")
      .argParser(collectItems)
      .makeOptionMandatory(),
  )
}

function collectItems(text: string, before: readonly string[] | undefined): readonly string[] {
  const items = text.split(',').map((item) => item.trim())
  if (items.some((item) => item === '')) {
    throw new InvalidArgumentError('Allowed: items separated by commas, e.g. 1.8.0,32.7.0.')
  }
  return [...(before ?? []), ...items]
}

/** The device that was named; a sentence on what is missing otherwise. */
export function deviceOf(flags: DeviceFlags): MeterProfile | string {
  if (flags.protocol === 'modbus') {
    const unit = flags.unit ?? (/^\d{1,3}$/.test(flags.address ?? '') ? Number(flags.address) : NaN)
    if (!(unit >= 1 && unit <= 247)) return '--unit: allowed: a Modbus unit from 1 to 247'
    return { address: String(unit), profile: flags.profile ?? null }
  }
  const protocol = askingProtocols.find((name) => name === flags.protocol)
  if (protocol === undefined) return `--protocol: allowed: ${askingProtocols.join(', ')}`
  const typed = (flags.address ?? '').toUpperCase()
  const { pattern, says } = addressForms[protocol]
  const isOne = pattern.test(typed) && (says !== twelve || typed.length === 12)
  const isSome = protocol !== 'gdw376' && protocol !== 'dlms' && someDigits.test(typed)
  if (!isOne && !isSome) {
    const any = protocol === 'gdw376' || protocol === 'dlms' ? '' : anyDigits
    return `--address: allowed: ${says}${any}`
  }
  return { address: typed, profile: flags.profile ?? null }
}

const twelve = addressForms['dlt645-2007'].says
/** The first ones are not known (缩位寻址). */
const someDigits = /^(?=.{12}$)(?:AA){1,6}\d*$/
const anyDigits = ', the first ones AA where they are not known'

/** What to call a device in a sentence. */
export function nameOf(device: MeterProfile, protocol: string): string {
  return protocol === 'modbus' ? `unit ${device.address}` : device.address
}
