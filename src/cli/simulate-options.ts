import { type Command, InvalidArgumentError, Option } from 'commander'
import { addressForms, type ProtocolName } from '#protocols/model'
import { hostPort, wholeNumber } from './channel-options.ts'
import type { LineFaults, SerialChoice } from './simulate-spec.ts'

export interface Common {
  readonly seed: number
  readonly drop: number
  readonly corrupt: number
  readonly delay: number
}

export interface Place {
  readonly host: string
  readonly port: number
}

export interface SerialFlags {
  readonly serial?: string
  readonly baud?: number
}

export function withFaults(command: Command): Command {
  return command
    .option('--seed <N>', 'the same seed plays the same again', wholeNumber, 1)
    .option('--drop <SHARE>', 'share of frames lost, 0 to 1', share, 0)
    .option('--corrupt <SHARE>', 'share of frames damaged, 0 to 1', share, 0)
    .option('--delay <MS>', 'answers come this much later', wholeNumber, 0)
}

export function common(flags: Common): { readonly seed: number; readonly faults: LineFaults } {
  const { seed, drop, corrupt, delay } = flags
  return { seed, faults: { drop, corrupt, delayMs: delay } }
}

export function place(
  flags: SerialFlags & { readonly listen?: Place },
  parity: SerialChoice['parity'],
): Place | SerialChoice | null {
  if ((flags.listen === undefined) === (flags.serial === undefined)) return null
  if (flags.listen !== undefined) return flags.listen
  const { serial = '', baud = 2_400 } = flags
  return { kind: 'serial', path: serial, baud, parity, dataBits: 8, stopBits: 1 }
}

export const dialOption = () =>
  new Option('--dial <HOST:PORT>', 'the head-end')
    .argParser(hostPort)
    .default({ host: '127.0.0.1', port: 9_700 }, '127.0.0.1:9700')

export const exampleOf = (line: string) => `\nExample:\n  ${line}\n`

export function share(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError('Allowed: a share from 0 to 1, e.g. 0.05.')
  }
  return value
}

export function addresses(text: string): readonly string[] {
  const list = text.split(',').map((address) => address.trim())
  if (list.includes('')) throw new InvalidArgumentError('Allowed: addresses separated by commas.')
  return list
}

/** What is wrong with the addresses or the profile; null for nothing. */
export function mistakeIn({
  protocol,
  address,
  profile,
  controlAnswers,
}: {
  readonly protocol: ProtocolName
  readonly address: readonly string[]
  readonly profile?: string
  readonly controlAnswers?: string
}): string | null {
  const { pattern, says, width } = addressForms[protocol]
  const isPadded = (text: string) => width === 0 || text.length === width
  if (!address.every((text) => pattern.test(text) && isPadded(text))) {
    return `--address: allowed: ${width === 0 ? says : `${width} digits each`}`
  }
  if (controlAnswers !== undefined && protocol !== 'dlt645-2007') {
    return '--control-answers: only dlt645-2007 has them'
  }
  return profile !== undefined && protocol !== 'dlms' ? '--profile: only DLMS has one' : null
}
