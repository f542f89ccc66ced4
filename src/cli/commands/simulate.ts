import { type Command, InvalidArgumentError, Option } from 'commander'
import { hostPort, positiveNumber, wholeNumber } from '../channel-options.ts'
import { type CliContext, runOf, settingsOr2, wrongCall } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { reportFailure } from '../report.ts'
import type { LineFaults, SerialChoice, SimulateSpec } from '../simulate-spec.ts'
import { unitList } from './scan.ts'

const examples = `
Examples:
  hes simulate meter --address 112233445566 --listen 127.0.0.1:4001
  hes simulate concentrator --address 37010001 --meters 8 --dial 127.0.0.1:9700
  hes simulate modbus --profile sdm630 --unit 1 --listen 127.0.0.1:5020
  hes simulate mqtt --meters 5 --broker mqtt://127.0.0.1:1883
  hes simulate fleet --meters 100

Each runs until Ctrl-C. The same --seed plays the same field again.
`

interface Common {
  readonly seed: number
  readonly drop: number
  readonly corrupt: number
  readonly delay: number
}

interface Place {
  readonly host: string
  readonly port: number
}

interface SerialFlags {
  readonly serial?: string
  readonly baud?: number
}

export function buildSimulate(command: Command, context: CliContext): void {
  command
    .description('Play devices that speak the real protocols over real sockets or ports.')
    .addHelpText('after', examples)
  buildMeter(command, context)
  buildConcentrator(command, context)
  buildModbus(command, context)
  buildMqtt(command, context)
  buildFleet(command, context)
}

function buildMeter(parent: Command, context: CliContext): void {
  interface Flags extends Common, SerialFlags {
    readonly address: readonly string[]
    readonly listen?: Place
  }
  const command = parent
    .command('meter')
    .description('DL/T 645 meters as behind a serial server, or on a serial port.')
    .addOption(
      new Option('-a, --address <A,…>', '12 digits each')
        .argParser(addresses)
        .makeOptionMandatory(),
    )
    .option('--listen <HOST:PORT>', 'where masters connect', hostPort)
    .option('--serial <PATH>', 'a serial port or pty instead')
    .option('--baud <RATE>', 'its speed', positiveNumber, 2_400)
  withFaults(command)
    .addHelpText(
      'after',
      exampleOf('hes simulate meter --address 112233445566 --serial /dev/pts/3'),
    )
    .action(
      context.runs(async (flags: Flags) => {
        const on = place(flags, 'even')
        if (on === null) return wrongCall(context.io, 'name --listen or --serial', 'simulate meter')
        const listen = 'path' in on ? on : { kind: 'listen' as const, ...on }
        return play(
          { kind: 'meter', addresses: flags.address, on: listen, ...common(flags) },
          context,
        )
      }),
    )
}

function buildConcentrator(parent: Command, context: CliContext): void {
  interface Flags extends Common {
    readonly address: string
    readonly meters: number
    readonly dial: Place
    readonly heartbeat: number
  }
  const command = parent
    .command('concentrator')
    .description('A concentrator that dials in, with DL/T 645 meters behind it.')
    .requiredOption('-a, --address <A>', 'what its registration packet says')
    .option('--meters <N>', 'meters behind it', positiveNumber, 8)
    .addOption(dialOption())
    .option('--heartbeat <SECONDS>', 'between two heartbeats', positiveNumber, 60)
  withFaults(command)
    .addHelpText('after', exampleOf('hes simulate concentrator --address 37010001 --meters 8'))
    .action(
      context.runs(async (flags: Flags) =>
        play(
          {
            kind: 'concentrator',
            address: flags.address,
            meters: flags.meters,
            ...flags.dial,
            heartbeatSeconds: flags.heartbeat,
            ...common(flags),
          },
          context,
        ),
      ),
    )
}

function buildModbus(parent: Command, context: CliContext): void {
  interface Flags extends Common, SerialFlags {
    readonly profile: string
    readonly unit: readonly number[]
    readonly listen?: Place
    readonly rtuTcp?: true
  }
  const command = parent
    .command('modbus')
    .description('Modbus meters on TCP, on RTU inside TCP, or on a serial port.')
    .option('--profile <NAME>', 'register map they follow', 'sdm630')
    .option('--unit <LIST>', 'units, e.g. 1-4', unitList, [1])
    .option('--listen <HOST:PORT>', 'where masters connect', hostPort)
    .option('--rtu-tcp', 'RTU frames inside TCP instead of Modbus TCP')
    .option('--serial <PATH>', 'a serial port or pty instead')
    .option('--baud <RATE>', 'its speed', positiveNumber, 9_600)
  withFaults(command)
    .addHelpText('after', exampleOf('hes simulate modbus --profile sdm630 --listen 127.0.0.1:5020'))
    .action(
      context.runs(async (flags: Flags) => {
        const { io, actions } = context
        const names = await actions.modbusProfiles()
        if (!names.includes(flags.profile)) {
          const known = names.join(', ')
          return wrongCall(
            io,
            `--profile: "${flags.profile}" is not known; allowed: ${known}`,
            'simulate modbus',
          )
        }
        const on = place(flags, 'none')
        if (on === null) return wrongCall(io, 'name --listen or --serial', 'simulate modbus')
        const kind = flags.rtuTcp ? ('rtu-tcp' as const) : ('tcp' as const)
        return play(
          {
            kind: 'modbus',
            profile: flags.profile,
            units: flags.unit,
            on: 'path' in on ? on : { kind, ...on },
            ...common(flags),
          },
          context,
        )
      }),
    )
}

function buildMqtt(parent: Command, context: CliContext): void {
  interface Flags extends Common {
    readonly broker: string
    readonly meters: number
    readonly form: string
    readonly interval: number
  }
  const command = parent
    .command('mqtt')
    .description('Meters that publish their readings to a broker.')
    .option('--broker <URL>', 'the broker', 'mqtt://127.0.0.1:1883')
    .option('--meters <N>', 'how many', positiveNumber, 5)
    .addOption(new Option('--form <NAME>', 'how they write').choices(mqttForms).default('openhes'))
    .option('--interval <SECONDS>', 'between two messages of a meter', positiveNumber, 15)
  withFaults(command)
    .addHelpText('after', exampleOf('hes simulate mqtt --meters 3 --form tasmota --interval 5'))
    .action(
      context.runs(async (flags: Flags) =>
        play(
          {
            kind: 'mqtt',
            url: flags.broker,
            meters: flags.meters,
            form: flags.form,
            intervalSeconds: flags.interval,
            ...common(flags),
          },
          context,
        ),
      ),
    )
}

function buildFleet(parent: Command, context: CliContext): void {
  interface Flags extends Common {
    readonly scenario?: string
    readonly meters: number
    readonly dial: Place
    readonly broker: string
  }
  const command = parent
    .command('fleet')
    .description('A whole field: concentrators, Modbus meters and MQTT meters.')
    .option('--scenario <FILE>', 'a scenario file instead of a mixed field')
    .option('--meters <N>', 'meters of the mixed field', positiveNumber, 100)
    .addOption(dialOption())
    .option('--broker <URL>', 'the broker', 'mqtt://127.0.0.1:1883')
  withFaults(command)
    .addHelpText('after', exampleOf('hes simulate fleet --meters 40 --drop 0.02 --seed 7'))
    .action(
      context.runs(async (flags: Flags) =>
        play(
          {
            kind: 'fleet',
            scenario: flags.scenario ?? null,
            meters: flags.meters,
            dialin: flags.dial,
            mqttUrl: flags.broker,
            ...common(flags),
          },
          context,
        ),
      ),
    )
}

/** Ways in which simulated meters write their MQTT messages. */
const mqttForms = ['openhes', 'tasmota', 'shelly', 'neuron'] as const

async function play(spec: SimulateSpec, { io, actions }: CliContext): Promise<ExitCode> {
  const loaded = await settingsOr2(io)
  if (loaded === null) return exitCodes.usage
  const ended = await actions.simulate(spec, runOf(io, loaded))
  return ended.ok ? exitCodes.done : reportFailure(io, ended.error)
}

function withFaults(command: Command): Command {
  return command
    .option('--seed <N>', 'the same seed plays the same again', wholeNumber, 1)
    .option('--drop <SHARE>', 'share of frames lost, 0 to 1', share, 0)
    .option('--corrupt <SHARE>', 'share of frames damaged, 0 to 1', share, 0)
    .option('--delay <MS>', 'answers come this much later', wholeNumber, 0)
}

function common(flags: Common): { readonly seed: number; readonly faults: LineFaults } {
  const { seed, drop, corrupt, delay } = flags
  return { seed, faults: { drop, corrupt, delayMs: delay } }
}

function place(
  flags: SerialFlags & { readonly listen?: Place },
  parity: SerialChoice['parity'],
): Place | SerialChoice | null {
  if ((flags.listen === undefined) === (flags.serial === undefined)) return null
  if (flags.listen !== undefined) return flags.listen
  const { serial = '', baud = 2_400 } = flags
  return { kind: 'serial', path: serial, baud, parity, dataBits: 8, stopBits: 1 }
}

const dialOption = () =>
  new Option('--dial <HOST:PORT>', 'the head-end')
    .argParser(hostPort)
    .default({ host: '127.0.0.1', port: 9_700 }, '127.0.0.1:9700')

const exampleOf = (line: string) => `\nExample:\n  ${line}\n`

function share(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError('Allowed: a share from 0 to 1, e.g. 0.05.')
  }
  return value
}

function addresses(text: string): readonly string[] {
  const list = text.split(',').map((address) => address.trim())
  if (list.some((address) => !/^\d{12}$/.test(address))) {
    throw new InvalidArgumentError('Allowed: 12 digits each, separated by commas.')
  }
  return list
}
