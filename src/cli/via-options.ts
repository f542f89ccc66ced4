import { type Command, InvalidArgumentError, Option } from 'commander'
import { addressForms } from '#protocols/model'
import type { FieldChannel } from '#src/acquisition/field'
import { seconds } from '#src/core'
import {
  type ChannelChoice,
  type ChannelFlags,
  channelOf,
  positiveNumber,
  wholeNumber,
} from './channel-options.ts'
import type { CliIo } from './io.ts'

type Via = NonNullable<FieldChannel['via']>

/** Options that name a terminal between the channel and the meter. */
export interface ViaFlags {
  readonly via?: string
  readonly viaPort?: number
  readonly viaLine?: Via['line']
  readonly viaWait?: number
  readonly viaPasswordFile?: string
}

const bauds = [300, 600, 1_200, 2_400, 4_800, 7_200, 9_600, 19_200] as const
const parities = { N: 'none', E: 'even', O: 'odd' } as const
const usualLine: Via['line'] = { baud: 2_400, parity: 'even', dataBits: 8, stopBits: 1 }
/** A port of 376.1 and of 698.45 is one byte. */
const PORT_MAX = 255
/** The wait of 376.1 has seven bits. */
const WAIT_SECONDS_MAX = 127

/** Adds `--via` and what belongs to it. */
export function addViaOptions(command: Command): Command {
  return command
    .optionsGroup('Through a terminal:')
    .option('--via <A>', 'terminal in front, 2347-0001 (376.1) or 12 digits (698.45)')
    .addOption(
      new Option(
        '--via-port <N>',
        "the terminal's number of the line (default: 1; 31 is power line)",
      ).argParser(wholeNumber),
    )
    .addOption(
      new Option('--via-line <L>', 'speed and form of it (default: 2400-8E1)').argParser(lineOf),
    )
    .addOption(
      new Option('--via-wait <S>', 'seconds it waits for the meter (default: 20)').argParser(
        positiveNumber,
      ),
    )
    .option('--via-password-file <PATH>', '376.1: PW of the terminal, 32 hex digits')
    .optionsGroup('Options:')
}

/** The channel that was named, with the terminal on it; a sentence on what is wrong otherwise. */
export function channelThrough(
  flags: ChannelFlags & ViaFlags & { readonly protocol: string },
  io: CliIo,
): ChannelChoice | string {
  const channel = channelOf(flags, flags.protocol)
  const via = viaOf(flags, io)
  if (typeof channel === 'string' || via === null) return channel
  if (typeof via === 'string') return via
  if (channel.kind === 'concentrator') {
    return '--via is for --tcp and --serial: a head-end knows what is behind its terminals'
  }
  if (!passedOn.has(flags.protocol)) {
    return `--via: a terminal passes on ${[...passedOn].join(', ')}; not ${flags.protocol}`
  }
  return { ...channel, via }
}

/** Protocols of meters that are asked through a terminal. */
const passedOn: ReadonlySet<string> = new Set(['dlt645-2007', 'dlt645-1997', 'dlt698'])

/**
 * The terminal that was named, null where none is; a sentence on what is wrong otherwise. Which
 * protocol it speaks shows in its address.
 */
function viaOf(flags: ViaFlags, io: CliIo): Via | null | string {
  const { via, viaPort = 1, viaLine = usualLine, viaWait = 20, viaPasswordFile } = flags
  if (via === undefined) {
    const more = [flags.viaPort, flags.viaLine, flags.viaWait, viaPasswordFile]
    return more.some((value) => value !== undefined) ? '--via: name the terminal as well' : null
  }
  const address = via.toUpperCase()
  const is376 = addressForms.gdw376.pattern.test(address) && !address.includes('/')
  const is698 = /^\d{12}$/.test(address)
  if (!is376 && !is698) return '--via: allowed: a terminal, 2347-0001 or 12 digits'
  if (/-F+$/.test(address)) return '--via: allowed: one terminal, not all of a region'
  if (viaPort < 1 || viaPort > PORT_MAX) return `--via-port: allowed: 1 to ${PORT_MAX}`
  if (viaWait > WAIT_SECONDS_MAX) return `--via-wait: allowed: 1 to ${WAIT_SECONDS_MAX} seconds`
  const password = viaPasswordFile === undefined ? null : passwordIn(viaPasswordFile, io)
  if (password === '') return `--via-password-file: ${viaPasswordFile}: allowed: 32 hex digits`
  if (password !== null && is698) return '--via-password-file: only 376.1 has such a password'
  const protocol = is376 ? 'gdw376' : 'dlt698'
  return { protocol, address, port: viaPort, line: viaLine, wait: seconds(viaWait), password }
}

/** Empty where the file holds none. */
function passwordIn(path: string, io: CliIo): string {
  try {
    const text = io.readFile(path).trim()
    return /^[\dA-F]{32}$/i.test(text) ? text : ''
  } catch {
    // Missing or not readable: the person is told which file.
    return ''
  }
}

function lineOf(text: string): Via['line'] {
  const [, speed, data, sign, stop] = /^(\d+)-([78])([NEO])([12])$/i.exec(text) ?? []
  const baud = bauds.find((known) => known === Number(speed))
  const parity = parityOf(sign)
  if (baud === undefined || parity === undefined) {
    throw new InvalidArgumentError(`Allowed: 2400-8E1; speeds ${bauds.join(', ')}.`)
  }
  return { baud, parity, dataBits: data === '7' ? 7 : 8, stopBits: stop === '2' ? 2 : 1 }
}

function parityOf(sign: string | undefined): Via['line']['parity'] | undefined {
  const letter = sign?.toUpperCase()
  return letter === 'N' || letter === 'E' || letter === 'O' ? parities[letter] : undefined
}
