import { type Command, InvalidArgumentError, Option } from 'commander'
import type { MeterProfile } from '#protocols/model'
import { wholeNumber } from './channel-options.ts'

/** Options that name one device. */
export interface DeviceFlags {
  readonly protocol: string
  readonly address?: string
  readonly unit?: number
  readonly profile?: string
}

/** Protocols that ask and answer over a channel. */
export const askingProtocols = ['dlt645-2007', 'modbus'] as const

/** Adds `--protocol`, `--address`, `--unit`, `--profile` and, where wanted, `--item`. */
export function addDeviceOptions(command: Command, wants: { readonly items: boolean }): Command {
  command
    .addOption(
      new Option('-p, --protocol <P>', 'what the device speaks')
        .choices(askingProtocols)
        .makeOptionMandatory(),
    )
    .option('-a, --address <A>', 'DL/T 645: 12 digits; AAAAAAAAAAAA asks whoever is alone')
    .option('--unit <N>', 'Modbus: unit 1 to 247', wholeNumber)
    .option('--profile <NAME>', 'Modbus: register map of the device, e.g. sdm630')
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
  const address = flags.address ?? ''
  if (!/^(?:[0-9]{12}|(?:AA){1,6}[0-9]*)$/i.test(address) || address.length !== 12) {
    return '--address: allowed: 12 digits, the first ones AA where they are not known'
  }
  return { address: address.toUpperCase(), profile: flags.profile ?? null }
}

/** What to call a device in a sentence. */
export function nameOf(device: MeterProfile, protocol: string): string {
  return protocol === 'modbus' ? `unit ${device.address}` : device.address
}
