import { Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { meterIdOf } from '../meter-lookup.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { pointSentence, pointTable, trendText } from '../point-view.ts'

const examples = `
Examples:
  hes point ls --state alarm
  hes point add "busbar A" --meter 112233445566 --register 32.7.0 \\
      --low 198 --high 235.4 --hysteresis 1 --delay 60
  hes point limit 4 --high 240 --low none
  hes point ack 4 --note "transformer tap changed"
  hes point trend 4 --from 2026-11-21

A value that is older than its --stale time is shown as stale, never as new.
`

const Text = Type.String()
const orNull = Type.Union([Text, Type.Null()])
const Point = Type.Object({
  id: Type.Integer(),
  name: Text,
  meterAddress: Text,
  register: Text,
  unit: Text,
  state: Text,
  since: orNull,
  value: orNull,
  ageSeconds: Type.Union([Type.Integer(), Type.Null()]),
  last: Type.Union([Type.Object({ value: Text, at: Text }), Type.Null()]),
  limits: Type.Object({ lowLow: orNull, low: orNull, high: orNull, highHigh: orNull }),
  unacknowledged: Type.Integer(),
})
const Page = Type.Object({ items: Type.Array(Point), next: orNull })
const Acknowledged = Type.Object({ acknowledged: Type.Integer() })
const Trend = Type.Object({
  unit: Text,
  items: Type.Array(
    Type.Object({
      start: Text,
      min: Text,
      max: Text,
      average: Text,
      last: Text,
      count: Type.Integer(),
    }),
  ),
})

interface ListFlags extends OnlineFlags {
  readonly state?: string
  readonly limit?: string
}
interface LimitFlags extends OnlineFlags {
  readonly lowLow?: string
  readonly low?: string
  readonly high?: string
  readonly highHigh?: string
  readonly hysteresis?: string
  readonly deadband?: string
  readonly delay?: string
  readonly stale?: string
  readonly case?: true
}
interface AddFlags extends LimitFlags {
  readonly meter: string
  readonly register: string
  readonly factor?: string
  readonly shift?: string
  readonly unit?: string
}
interface TrendFlags extends OnlineFlags {
  readonly from?: string
  readonly to?: string
  readonly points?: string
}

export async function buildPoint(command: Command, context: CliContext): Promise<void> {
  command.description('Monitored points: limits, alarms, trends.').addHelpText('after', examples)
  const list = await onlineVerb(command, 'ls', 'points with their values, and how old these are')
  list
    .option('--state <STATE>', 'alarm, unacknowledged, stale, normal')
    .option('--limit <N>', 'at most so many', '100')
    .action(
      context.runs((flags: ListFlags) => {
        const query = new URLSearchParams({ limit: flags.limit ?? '100' })
        if (flags.state !== undefined) query.set('state', flags.state)
        const ask = `/points?${query}`
        return online<typeof Page>(
          flags,
          context,
          (client) => client.get(ask, Page),
          ({ items }) => pointTable(items),
        )
      }),
    )
  const show = await onlineVerb(command, 'show', 'one point')
  show
    .argument('<ID>', 'its number')
    .action(
      context.runs((id: string, flags: OnlineFlags) =>
        online<typeof Point>(
          flags,
          context,
          (client) => client.get(`/points/${enc(id)}`, Point),
          pointSentence,
        ),
      ),
    )
  const add = limitOptions(await onlineVerb(command, 'add', 'monitor a register of a meter'))
  add
    .argument('<NAME>', 'what people call it')
    .requiredOption('--meter <METER>', 'address of the meter')
    .requiredOption('--register <CODE>', 'e.g. 32.7.0')
    .option('--factor <N>', 'what is shown is the reading × factor + shift')
    .option('--shift <N>', 'see --factor')
    .option('--unit <TEXT>', 'of what is shown')
    .action(
      context.runs((name: string, flags: AddFlags) =>
        online<typeof Point>(
          flags,
          context,
          async (client) => {
            const meter = await meterIdOf(client, flags.meter)
            if (!meter.ok) return meter
            const { register, factor, shift, unit } = flags
            const given = defined({ factor, shift, unit })
            const body = { name, meter: meter.value, register, ...given, ...changesOf(flags) }
            return await client.post('/points', body, Point)
          },
          pointSentence,
        ),
      ),
    )
  const limit = limitOptions(
    await onlineVerb(command, 'limit', 'change limits; none takes one away'),
  )
  limit
    .argument('<ID>', 'its number')
    .action(
      context.runs((id: string, flags: LimitFlags) =>
        online<typeof Point>(
          flags,
          context,
          (client) => client.patch(`/points/${enc(id)}`, changesOf(flags), Point),
          pointSentence,
        ),
      ),
    )
  const ack = await onlineVerb(command, 'ack', 'acknowledge its alarms')
  ack
    .argument('<ID>', 'its number')
    .option('--note <TEXT>', 'what was done')
    .action(
      context.runs((id: string, flags: OnlineFlags & { readonly note?: string }) =>
        online<typeof Acknowledged>(
          flags,
          context,
          (client) =>
            client.post(
              `/points/${enc(id)}/acknowledge`,
              defined({ note: flags.note }),
              Acknowledged,
            ),
          ({ acknowledged }) => `${acknowledged} alarm(s) acknowledged\n`,
        ),
      ),
    )
  const trend = await onlineVerb(command, 'trend', 'its values over time')
  trend
    .argument('<ID>', 'its number')
    .option('--from <TIME>', 'a date or a moment; else a day ago')
    .option('--to <TIME>', 'a date or a moment; else now')
    .option('--points <N>', 'so many stretches of time', '24')
    .action(
      context.runs((id: string, flags: TrendFlags) => {
        const { from, to, points } = flags
        const query = new URLSearchParams(defined({ from, to, points: points ?? '24' }))
        const ask = `/points/${enc(id)}/trend?${query}`
        return online<typeof Trend>(flags, context, (client) => client.get(ask, Trend), trendText)
      }),
    )
}

const enc = encodeURIComponent

function limitOptions(command: Command): Command {
  return command
    .option('--low-low <N>', 'limit, or none')
    .option('--low <N>', 'limit, or none')
    .option('--high <N>', 'limit, or none')
    .option('--high-high <N>', 'limit, or none')
    .option('--hysteresis <N>', 'by how much it must be back')
    .option('--deadband <N>', 'a smaller change is none')
    .option('--delay <SECONDS>', 'how long before it counts')
    .option('--stale <SECONDS>', 'how old a value may be')
    .option('--case', 'open a case with an alarm')
}

function changesOf(flags: LimitFlags) {
  const bound = (text: string | undefined) => (text === 'none' ? null : text)
  const limits = defined({
    lowLow: bound(flags.lowLow),
    low: bound(flags.low),
    high: bound(flags.high),
    highHigh: bound(flags.highHigh),
  })
  return {
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...defined({
      hysteresis: flags.hysteresis,
      deadband: flags.deadband,
      delaySeconds: flags.delay === undefined ? undefined : Number(flags.delay),
      staleSeconds: flags.stale === undefined ? undefined : Number(flags.stale),
      opensCase: flags.case,
    }),
  }
}

/** Without the keys that nobody gave. */
function defined<T>(given: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  )
}
