import { type Command, Option } from 'commander'
import { hostPort, positiveNumber } from '../channel-options.ts'
import { type CliContext, settingsOr2, wrongCall } from '../context.ts'
import { readAccess } from '../device-access.ts'
import { mapFor } from '../register-map.ts'
import {
  addresses,
  type Common,
  common,
  dialOption,
  exampleOf,
  mistakeIn,
  type Place,
  place,
  type SerialFlags,
  withFaults,
} from '../simulate-options.ts'
import { play } from '../simulate-play.ts'
import { concentratorProtocols, controlAnswerForms, meterProtocols } from '../simulate-spec.ts'
import { unitList } from './scan.ts'
import { buildRegion } from './simulate-region.ts'

const examples = `
Examples:
  hes simulate meter --address 112233445566 --listen 127.0.0.1:4001
  hes simulate meter --protocol dlms --address 1/17 --listen 127.0.0.1:4059
  hes simulate concentrator --address 37010001 --meters 8 --dial 127.0.0.1:9700
  hes simulate concentrator --protocol gdw376 --address 3701-0001 --meters 8
  hes simulate concentrator --protocol gdw376 --address 3701-0001 \\
      --listen 127.0.0.1:4376
  hes simulate modbus --profile sdm630 --unit 1 --listen 127.0.0.1:5020
  hes simulate mqtt --meters 5 --broker mqtt://127.0.0.1:1883
  hes simulate fleet --meters 100
  hes simulate region --concentrators 20 --meters 50 --archive region.csv

Each runs until Ctrl-C. The same --seed plays the same field again.
`

export function buildSimulate(command: Command, context: CliContext): void {
  command
    .description('Play devices that speak the real protocols over real sockets or ports.')
    .addHelpText('after', examples)
  buildMeter(command, context)
  buildConcentrator(command, context)
  buildModbus(command, context)
  buildMqtt(command, context)
  buildFleet(command, context)
  buildRegion(command, context)
}

function buildMeter(parent: Command, context: CliContext): void {
  interface Flags extends Common, SerialFlags {
    readonly protocol: (typeof meterProtocols)[number]
    readonly profile?: 'hdlc' | 'wrapper'
    readonly address: readonly string[]
    readonly accessFile?: string
    readonly controlAnswers?: (typeof controlAnswerForms)[number]
    readonly listen?: Place
  }
  const command = parent
    .command('meter')
    .description('Meters as behind a serial server, or on a serial port.')
    .addOption(
      new Option('-p, --protocol <P>', 'what they speak')
        .choices(meterProtocols)
        .default('dlt645-2007'),
    )
    .addOption(
      new Option('-a, --address <A,…>', '12 digits each; DLMS: 1/17')
        .argParser(addresses)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--profile <NAME>', 'DLMS: how it is framed, hdlc by default').choices([
        'hdlc',
        'wrapper',
      ]),
    )
    .option(
      '--access-file <PATH>',
      'DLMS: YAML with the password, encryptionKey, authenticationKey that it asks for',
    )
    .addOption(
      new Option(
        '--control-answers <FORM>',
        "dlt645-2007: relay orders are answered as the standard has it, or by State Grid's words",
      ).choices(controlAnswerForms),
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
        const { protocol, profile = null, controlAnswers = null, address, accessFile } = flags
        const on = place(flags, protocol === 'dlms' ? 'none' : 'even')
        const wrong = mistakeIn(flags)
        if (on === null || wrong !== null) {
          return wrongCall(context.io, wrong ?? 'name --listen or --serial', 'simulate meter')
        }
        const access = accessFile === undefined ? null : readAccess(accessFile, context.io)
        if (typeof access === 'string') {
          return wrongCall(context.io, `--access-file: ${accessFile} ${access}`, 'simulate meter')
        }
        const listen = 'path' in on ? on : { kind: 'listen' as const, ...on }
        const devices = {
          protocol,
          framing: profile,
          access,
          controlAnswers,
          addresses: address,
        }
        return play({ kind: 'meter', ...devices, on: listen, ...common(flags) }, context)
      }),
    )
}

function buildConcentrator(parent: Command, context: CliContext): void {
  interface Flags extends Common {
    readonly protocol: (typeof concentratorProtocols)[number]
    readonly address: string
    readonly meters: number
    readonly dial: Place
    readonly listen?: Place
    readonly heartbeat: number
  }
  const command = parent
    .command('concentrator')
    .description('A concentrator or terminal that dials in, with meters behind it.')
    .addOption(
      new Option('-p, --protocol <P>', 'what it speaks; DL/T 645 is passed through to the meters')
        .choices(concentratorProtocols)
        .default('dlt645-2007'),
    )
    .requiredOption('-a, --address <A>', 'what it registers or logs in with, e.g. 3701-0001')
    .option('--meters <N>', 'meters behind it', positiveNumber, 8)
    .addOption(dialOption())
    .option('--listen <HOST:PORT>', 'wait there for a master instead: gdw376, dlt698', hostPort)
    .option('--heartbeat <SECONDS>', 'between two heartbeats', positiveNumber, 60)
  withFaults(command)
    .addHelpText('after', exampleOf('hes simulate concentrator --address 37010001 --meters 8'))
    .action(
      context.runs(async (flags: Flags) => {
        const { protocol, address, meters, dial, listen, heartbeat } = flags
        const isTerminal = protocol !== 'dlt645-2007'
        const waiting = listen && !isTerminal ? '--listen: meters alone are `simulate meter`' : null
        const wrong = isTerminal ? mistakeIn({ protocol, address: [address] }) : waiting
        if (wrong !== null) return wrongCall(context.io, wrong, 'simulate concentrator')
        const device = { protocol, address: isTerminal ? address.toUpperCase() : address }
        return play(
          {
            kind: 'concentrator',
            ...device,
            meters,
            ...(listen ?? dial),
            listens: listen !== undefined,
            heartbeatSeconds: heartbeat,
            ...common(flags),
          },
          context,
        )
      }),
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
    .option('--profile <NAME|PATH>', 'register map they follow, or its file', 'sdm630')
    .option('--unit <LIST>', 'units, e.g. 1-4', unitList, [1])
    .option('--listen <HOST:PORT>', 'where masters connect', hostPort)
    .option('--rtu-tcp', 'RTU frames inside TCP instead of Modbus TCP')
    .option('--serial <PATH>', 'a serial port or pty instead')
    .option('--baud <RATE>', 'its speed', positiveNumber, 9_600)
  withFaults(command)
    .addHelpText('after', exampleOf('hes simulate modbus --profile sdm630 --listen 127.0.0.1:5020'))
    .action(
      context.runs(async (flags: Flags) => {
        const { io } = context
        const named = { address: '', profile: flags.profile }
        const chosen = await mapFor(named, 'modbus', () => settingsOr2(io), context)
        if (!chosen.ok) return chosen.error
        const { device, maps } = chosen.value
        const on = place(flags, 'none')
        if (on === null) return wrongCall(io, 'name --listen or --serial', 'simulate modbus')
        const kind = flags.rtuTcp ? ('rtu-tcp' as const) : ('tcp' as const)
        return play(
          {
            kind: 'modbus',
            profile: device.profile ?? flags.profile,
            maps,
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
