import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import { fail, type Result } from '#src/core'
import { addSettingOptions, type CliContext, settingFlags, settingsOr2 } from '../context.ts'
import { type CliFailure, type ExitCode, exitCodes } from '../exit.ts'
import { HeadEndClient } from '../head-end-client.ts'
import { printJson, reportFailure } from '../report.ts'

const examples = `
Examples:
  hes trip stop --reason "wrong people were cut off"
  hes trip resume --reason "the tariff is right again"
  hes trip confirm 0b0f5f0e-6f43-4f3e-9a0a-6d2f8f1f8b11
  hes trip state --json
  hes trip stop --here            (no head-end needed: writes TRIP_STOP)

Nothing is tripped before two people armed it (arm, then confirm by another).
stop holds everywhere at once and over restarts; reconnecting goes on. resume
takes an admin and a second person, who confirms within 15 minutes.
`

const clientKeys = ['server', 'token', 'username'] as const

const Request = Type.Object({
  id: Type.String(),
  kind: Type.String(),
  requestedBy: Type.String(),
  expiresAt: Type.String(),
  reason: Type.String(),
})
const State = Type.Object({
  armed: Type.Boolean(),
  stopped: Type.Boolean(),
  stopFile: Type.Boolean(),
  requests: Type.Array(Request),
})
type State = Static<typeof State>
type Request = Static<typeof Request>

interface TripFlags {
  readonly reason?: string
  readonly here?: true
  readonly json?: true
}

type Task = (client: HeadEndClient) => Promise<Result<State | Request, CliFailure>>

export async function buildTrip(command: Command, context: CliContext): Promise<void> {
  command
    .description('The stop button for all trips, and the arming before the first one.')
    .addHelpText('after', examples)
  const verb = async (name: string, summary: string) => {
    const made = command.command(name).description(summary)
    made.option('--json', 'one JSON document on stdout')
    await addSettingOptions(made, clientKeys)
    return made
  }
  const because = (made: Command) => made.requiredOption('--reason <TEXT>', 'why, for the record')

  const state = await verb('state', 'whether trips are armed or stopped')
  state.action(
    context.runs((flags: TripFlags) =>
      ask(flags, context, (client) => client.get('/trips', State)),
    ),
  )
  const stop = await verb('stop', 'let no trip leave, at once')
  stop
    .option('--reason <TEXT>', 'why, for the record')
    .option('--here', 'write TRIP_STOP into the data folder of this machine, without a head-end')
    .action(context.runs((flags: TripFlags) => stopAll(flags, context)))
  const acts = [
    ['disarm', 'rehearse trips again instead of sending them', '/trips/disarm', State, {}],
    ['resume', 'ask for trips to go on', '/trips/requests', Request, { kind: 'resume' }],
    ['arm', 'ask for trips to be sent', '/trips/requests', Request, { kind: 'arm' }],
  ] as const
  for (const [name, summary, path, schema, more] of acts) {
    because(await verb(name, summary)).action(
      context.runs((flags: TripFlags) =>
        ask(flags, context, (client) =>
          client.post(path, { ...more, reason: flags.reason }, schema),
        ),
      ),
    )
  }
  const confirm = await verb('confirm', 'confirm a request of somebody else')
  confirm
    .argument('<ID>', 'as hes trip state shows it')
    .action(
      context.runs((id: string, flags: TripFlags) =>
        ask(flags, context, (client) =>
          client.post(`/trips/requests/${encodeURIComponent(id)}/confirm`, undefined, State),
        ),
      ),
    )
}

async function stopAll(flags: TripFlags, context: CliContext): Promise<ExitCode> {
  if (flags.here) return stopHere(flags, context)
  const reason = flags.reason ?? 'hes trip stop'
  return ask(flags, context, async (client) => {
    const stopped = await client.post('/trips/stop', { reason }, State)
    if (stopped.ok || stopped.error.exit !== exitCodes.noAnswer) return stopped
    const next = 'on the machine of the head-end: hes trip stop --here, or touch TRIP_STOP'
    return fail({ ...stopped.error, next })
  })
}

/** For whoever has the machine and no head-end that answers. */
async function stopHere(flags: TripFlags, { io }: CliContext): Promise<ExitCode> {
  const loaded = await settingsOr2(io)
  if (loaded === null) return exitCodes.usage
  const { dataDir } = loaded.settings
  const path = join(dataDir, 'TRIP_STOP')
  try {
    mkdirSync(dataDir, { recursive: true })
    writeFileSync(path, `${flags.reason ?? 'hes trip stop --here'}\n`, { flush: true })
  } catch (error) {
    return reportFailure(io, {
      exit: exitCodes.failed,
      code: 'trip.unwritten',
      message: `${path} cannot be written: ${error instanceof Error ? error.message : error}`,
      next: 'set HES_DATA_DIR to the data folder of the head-end',
    })
  }
  if (flags.json) printJson(io, { stopped: true, stopFile: path })
  else io.stdout.write(`No trip leaves while ${path} is there; remove it to go on.\n`)
  return exitCodes.done
}

async function ask(flags: TripFlags, { io }: CliContext, task: Task): Promise<ExitCode> {
  const loaded = await settingsOr2(io, settingFlags({ ...flags }, clientKeys))
  if (loaded === null) return exitCodes.usage
  const client = new HeadEndClient(loaded.settings, fetch, io.signal)
  const signed = await client.signIn(loaded.settings)
  const answer = signed.ok ? await task(client) : signed
  if (!answer.ok) return reportFailure(io, bySafeguard(answer.error))
  if (flags.json) printJson(io, answer.value)
  else io.stdout.write(sentences(answer.value))
  return exitCodes.done
}

const safeguards: ReadonlySet<string> = new Set(['server.second-person', 'server.stop-file'])

function bySafeguard(failure: CliFailure): CliFailure {
  return safeguards.has(failure.code) ? { ...failure, exit: exitCodes.safeguard } : failure
}

function sentences(answer: State | Request): string {
  if ('kind' in answer) {
    return `Somebody else must confirm: hes trip confirm ${answer.id} (until ${answer.expiresAt})\n`
  }
  const { armed, stopped, stopFile, requests } = answer
  const lines = [
    armed ? 'Trips are armed.' : 'Trips are not armed: they are rehearsed, not sent.',
    stopped ? 'Trips are stopped.' : 'Trips are not stopped.',
    ...(stopFile ? ['The file TRIP_STOP is in the data folder of the head-end.'] : []),
    ...requests.map(
      ({ id, kind, requestedBy, reason, expiresAt }) =>
        `Waiting: ${kind} by ${requestedBy} (${reason}): hes trip confirm ${id}, until ${expiresAt}`,
    ),
  ]
  return `${lines.join('\n')}\n`
}
