import { type Command, InvalidArgumentError, Option } from 'commander'
import type { FieldChannel } from '#src/acquisition/field'
import { addSettingOptions } from './context.ts'

/** How a command reaches devices: the contract's CHANNEL. */
export type ChannelChoice =
  | FieldChannel
  | { readonly kind: 'concentrator'; readonly address: string }

interface HostPort {
  readonly host: string
  readonly port: number
}

/** Options that name a channel, as commander gives them. */
export interface ChannelFlags {
  readonly tcp?: HostPort
  readonly rtuTcp?: HostPort
  readonly serial?: string
  readonly concentrator?: string
  readonly baud?: number
  readonly parity?: 'none' | 'even' | 'odd'
  readonly dataBits?: number
  readonly stopBits?: number
}

/** Adds the options of a channel on this machine. */
export function addChannelOptions(command: Command): Command {
  return command
    .optionsGroup('Channel (one of):')
    .option('--tcp <HOST:PORT>', 'a serial server, gateway or Modbus TCP device', hostPort)
    .option('--rtu-tcp <HOST:PORT>', 'Modbus RTU frames inside TCP', hostPort)
    .option('--serial <PATH>', 'a serial port, e.g. /dev/ttyUSB0')
    .option(
      '--baud <RATE>',
      'speed of the serial port (default: 2400, Modbus 9600)',
      positiveNumber,
    )
    .addOption(
      new Option(
        '--parity <KIND>',
        'parity of the serial port (default: even, Modbus none)',
      ).choices(['none', 'even', 'odd']),
    )
    .option('--data-bits <N>', '7 or 8 (default: 8)', oneOfNumbers(7, 8))
    .option('--stop-bits <N>', '1 or 2 (default: 1)', oneOfNumbers(1, 2))
    .optionsGroup('Options:')
}

/** Settings of commands that can work through a running head-end. */
export const clientKeys = ['server', 'token', 'username', 'timezone'] as const

/** Adds the option of a channel that a running head-end holds. */
export async function addRemoteOptions(command: Command): Promise<Command> {
  command.option('--concentrator <ADDRESS>', 'through a running head-end (see --server)')
  await addSettingOptions(command, clientKeys)
  return command
}

/** The channel that was named; a sentence when it was none or more than one. */
export function channelOf(flags: ChannelFlags, protocol: string): ChannelChoice | string {
  const named = [flags.tcp, flags.rtuTcp, flags.serial, flags.concentrator]
  const count = named.filter((value) => value !== undefined).length
  if (count === 0) return 'no channel: name one of --tcp, --rtu-tcp, --serial or --concentrator'
  if (count > 1) return 'more than one channel: name only one of them'
  if (flags.tcp) return { kind: 'tcp', ...flags.tcp }
  if (flags.rtuTcp) {
    if (protocol !== 'modbus') return '--rtu-tcp is for Modbus: use --tcp'
    return { kind: 'rtu-tcp', ...flags.rtuTcp }
  }
  if (flags.concentrator) return { kind: 'concentrator', address: flags.concentrator }
  const modbus = protocol === 'modbus'
  return {
    kind: 'serial',
    path: flags.serial ?? '',
    baud: flags.baud ?? (modbus ? 9_600 : 2_400),
    parity: flags.parity ?? (modbus ? 'none' : 'even'),
    dataBits: flags.dataBits === 7 ? 7 : 8,
    stopBits: flags.stopBits === 2 ? 2 : 1,
  }
}

/** `host:port`, also `[::1]:4001`. */
export function hostPort(text: string): HostPort {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:\s]+):(\d{1,5})$/.exec(text)
  const host = match?.[1]?.replaceAll(/[[\]]/g, '')
  const port = Number(match?.[2])
  if (host === undefined || !(port >= 1 && port <= 65_535)) {
    throw new InvalidArgumentError('Allowed: HOST:PORT, e.g. 192.168.1.20:4001.')
  }
  return { host, port }
}

/** A whole number of an option, also 0. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Allowed: a whole number.')
  return Number(text)
}

/** A count or a rate: a whole number of at least 1. */
export function positiveNumber(text: string): number {
  const number = wholeNumber(text)
  if (number === 0) throw new InvalidArgumentError('Allowed: a whole number of at least 1.')
  return number
}

function oneOfNumbers(...allowed: readonly number[]): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!allowed.includes(value)) {
      throw new InvalidArgumentError(`Allowed: ${allowed.join(' or ')}.`)
    }
    return value
  }
}
