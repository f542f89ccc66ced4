import type { Command } from 'commander'
import { parse } from 'yaml'
import type { DeviceAccess, MeterProfile } from '#protocols/model'
import { wholeNumber } from './channel-options.ts'
import type { CliIo } from './io.ts'

/** Options that say what a device asks for before it answers. */
export interface AccessFlags {
  readonly accessFile?: string
  readonly client?: number
}

const textKeys = [
  'password',
  'operator',
  'encryptionKey',
  'authenticationKey',
  'systemTitle',
] as const
const numberKeys = ['invocationCounter', 'client'] as const
/**
 * 2000-01-01. Where nobody says which counter was used last, counters begin above the seconds since
 * then: they grow on every machine alike and fit 32 bits until 2136. None is used twice on this one.
 */
const COUNTER_EPOCH_MS = 946_684_800_000

/** Adds `--access-file` and `--client`; a file keeps secrets out of the list of processes. */
export function addAccessOptions(command: Command): Command {
  return command
    .option(
      '--access-file <PATH>',
      `YAML with what the device asks for: ${[...textKeys, ...numberKeys].join(', ')}`,
    )
    .option('--client <N>', 'DLMS: client address (default: 16, public)', wholeNumber)
}

/** The device with its access; a sentence on what is wrong with the file otherwise. */
export async function withAccess(
  device: MeterProfile,
  { accessFile, client }: AccessFlags,
  io: CliIo,
): Promise<MeterProfile | string> {
  const read = accessFile === undefined ? {} : readAccess(accessFile, io)
  if (typeof read === 'string') return `--access-file: ${accessFile} ${read}`
  const access: DeviceAccess = { ...read, ...(client === undefined ? {} : { client }) }
  if (Object.keys(access).length === 0) return device
  if (access.encryptionKey === undefined || access.invocationCounter !== undefined) {
    return { ...device, access }
  }
  const clock = await io.clock()
  const invocationCounter = Math.floor((clock.now() - COUNTER_EPOCH_MS) / 1_000)
  return { ...device, access: { ...access, invocationCounter } }
}

/** What a file says that a device asks for; a sentence on what is wrong with it otherwise. */
export function readAccess(path: string, io: CliIo): DeviceAccess | string {
  let content: unknown
  try {
    content = parse(io.readFile(path))
  } catch (error) {
    return `cannot be read (${error instanceof Error ? error.message : String(error)})`
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    return 'is no list of names and values'
  }
  const access: Record<string, string | number> = {}
  for (const [key, value] of Object.entries(content)) {
    const wantsText = textKeys.some((name) => name === key)
    const wantsNumber = numberKeys.some((name) => name === key)
    if (!wantsText && !wantsNumber) {
      return `says ${key}; allowed: ${[...textKeys, ...numberKeys].join(', ')}`
    }
    if (wantsText && typeof value !== 'string') return `${key} must be text, in quotes`
    if (wantsNumber && !Number.isSafeInteger(value)) return `${key} must be a whole number`
    access[key] = value
  }
  return access
}
