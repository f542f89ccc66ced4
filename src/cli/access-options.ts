import type { Command } from 'commander'
import type { MeterProfile, RelayAction } from '#protocols/model'
import type { CliIo } from './io.ts'

/** Orders to a relay, as `--action` takes them. */
export const relayActions = [
  'trip',
  'close',
  'allow-close',
  'alarm',
  'clear-alarm',
  'protect',
  'unprotect',
] as const satisfies readonly RelayAction[]

/** Options for what a device asks for before it obeys an order. */
export interface PasswordFlags {
  readonly password?: string
  readonly passwordFile?: string
  readonly operator?: string
}

/** What a protocol takes for a password. */
interface PasswordForm {
  readonly pattern: RegExp
  readonly says: string
  /** True where nothing is obeyed without one. */
  readonly isNeeded: boolean
}

const anyPassword: PasswordForm = { pattern: /^.{1,64}$/s, says: '1 to 64 signs', isNeeded: false }
const forms: Readonly<Partial<Record<string, PasswordForm>>> = {
  'dlt645-1997': { pattern: /^[\dA-F]{8}$/i, says: '8 hex digits, PA P2 P1 P0', isNeeded: false },
  'dlt645-2007': { pattern: /^[\dA-F]{8}$/i, says: '8 hex digits, PA P2 P1 P0', isNeeded: true },
  gdw376: { pattern: /^[\dA-F]{32}$/i, says: '32 hex digits, PW as it is sent', isNeeded: false },
  dlms: {
    pattern: /^(?:0x(?:[\dA-F]{2})+|(?!0x).{1,64})$/i,
    says: 'text, or 0x…',
    isNeeded: false,
  },
}

/** Adds `--password`, `--password-file` and `--operator`. */
export function addPasswordOptions(command: Command): Command {
  return command
    .option('--password <P>', 'DL/T 645: PA P2 P1 P0, 8 hex digits; 376: 32; DLMS: text')
    .option('--password-file <PATH>', 'the same, from a file')
    .option('--operator <HEX>', 'DL/T 645: operator code, 8 hex digits (default: 00000000)')
}

/**
 * The device with what was given added to its access, as the protocol takes it for an order; a
 * sentence on what is wrong otherwise.
 */
export function withPassword(
  device: MeterProfile,
  flags: PasswordFlags,
  protocol: string,
  io: CliIo,
): MeterProfile | string {
  const meter = withGivenPassword(device, flags, protocol, io)
  if (typeof meter === 'string' || meter.access?.password !== undefined) return meter
  const { says, isNeeded } = forms[protocol] ?? anyPassword
  return isNeeded ? `--password: allowed: ${says}` : meter
}

/** The same where nobody asks for a password unless one is given. */
export function withGivenPassword(
  device: MeterProfile,
  flags: PasswordFlags,
  protocol: string,
  io: CliIo,
): MeterProfile | string {
  const { password, passwordFile, operator } = flags
  if (password !== undefined && passwordFile !== undefined) {
    return '--password and --password-file: name only one of them'
  }
  const given = passwordFile === undefined ? password : fileText(io, passwordFile)
  if (given === null) return `--password-file: ${passwordFile} cannot be read`
  const text = given ?? device.access?.password
  const { pattern, says } = forms[protocol] ?? anyPassword
  if (text !== undefined && !pattern.test(text)) return `--password: allowed: ${says}`
  if (operator !== undefined && !/^[\dA-F]{8}$/i.test(operator)) {
    return '--operator: allowed: 8 hex digits'
  }
  const access = {
    ...device.access,
    ...(text === undefined ? {} : { password: text }),
    ...(operator === undefined ? {} : { operator }),
  }
  return Object.keys(access).length === 0 ? device : { ...device, access }
}

function fileText(io: CliIo, path: string): string | null {
  try {
    return io.readFile(path).trim()
  } catch {
    // Missing or not readable: the person is told which file.
    return null
  }
}
