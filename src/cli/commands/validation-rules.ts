import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { queryText } from '../query-text.ts'
import { reportFailure } from '../report.ts'
import { renderTable } from '../table.ts'

const MaybeText = Type.Union([Type.String(), Type.Null()])
const Rules = Type.Object({
  items: Type.Array(
    Type.Object({
      code: Type.String(),
      version: Type.Integer(),
      act: Type.String(),
      severity: Type.String(),
      customerClass: MaybeText,
      group: MaybeText,
      parameters: Type.Record(Type.String(), Type.Unknown()),
    }),
  ),
})
const Version = Type.Object({ code: Type.String(), version: Type.Integer() })

interface RuleFlags extends OnlineFlags {
  readonly reason: string
  readonly class?: string
  readonly group?: string
  readonly act?: string
  readonly severity?: string
  readonly set?: readonly string[]
  readonly end?: true
}

/** What is judged how: shown, changed from now on, for all or for some. */
export async function addRules(command: Command, context: CliContext): Promise<void> {
  const rules = await onlineVerb(command, 'rules', 'rules and methods in force')
  rules
    .option('--code <CODE>', 'every version of one')
    .action(
      context.runs(({ code, ...flags }: OnlineFlags & { code?: string }) =>
        online<typeof Rules>(
          flags,
          context,
          (client) => client.get(`/validation/rules${queryText({ code })}`, Rules),
          rulesTable,
        ),
      ),
    )
  const rule = await onlineVerb(command, 'rule', 'change a rule from now on, for all or for some')
  rule
    .argument('<CODE>', 'e.g. high')
    .requiredOption('--reason <TEXT>', 'why')
    .option('--class <CLASS>', 'only residential, commercial, industrial, agricultural, public')
    .option('--group <NAME>', 'only a group of meters (hes group)')
    .option('--act <WORD>', 'flag, suspect, reject or off; estimate or off of a method')
    .option('--severity <WORD>', 'low, medium, high or critical')
    .option('--set <NAME=VALUE...>', 'numbers of it; those not named stay')
    .option('--end', 'what is for some alone holds no longer')
    .action(context.runs((code: string, flags: RuleFlags) => changeRule(code, flags, context)))
}

function changeRule(code: string, flags: RuleFlags, context: CliContext): Promise<ExitCode> {
  const { reason, class: customerClass, group, act, severity, set = [], end, ...rest } = flags
  const pairs = set.map((pair) => /^(\w+)=(.*)$/.exec(pair)?.slice(1, 3))
  const wrong = pairs.indexOf(undefined)
  if (wrong >= 0) {
    const message = `--set ${set[wrong]}: say it as times=8`
    const failure = { exit: exitCodes.usage, code: 'call.set', message }
    return Promise.resolve(reportFailure(context.io, failure))
  }
  const parameters = Object.fromEntries(
    pairs.map((pair) => [pair?.[0] ?? '', parsed(pair?.[1] ?? '')]),
  )
  const whom = {
    ...(customerClass !== undefined && { customerClass }),
    ...(group !== undefined && { group }),
  }
  const change = {
    ...(act !== undefined && { act }),
    ...(severity !== undefined && { severity }),
    ...(set.length > 0 && { parameters }),
  }
  const path = `/validation/rules/${encodeURIComponent(code)}`
  const forWhom = group ?? customerClass ?? 'all'
  return online<typeof Version>(
    rest,
    context,
    (client) =>
      end
        ? client.post(`${path}/end`, { ...whom, reason }, Version)
        : client.post(`${path}/versions`, { ...whom, ...change, reason }, Version),
    (made) =>
      end
        ? `version ${made.version} of ${made.code}, for ${forWhom}, has ended\n`
        : `version ${made.version} of ${made.code} holds from now on, for ${forWhom}\n`,
  )
}

/** A number or a list as JSON writes it; anything else is a word. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // It is a word, and the head-end says whether the rule takes one.
    return text
  }
}

const columns = (...titles: readonly string[]) => titles.map((title) => ({ title }))

const rulesTable = ({ items }: Static<typeof Rules>): Promise<string> =>
  renderTable(
    columns('rule', 'version', 'does', 'severity', 'for', 'parameters'),
    items.map((one) => [
      one.code,
      String(one.version),
      one.act,
      one.severity,
      one.group ?? one.customerClass ?? 'all',
      JSON.stringify(one.parameters),
    ]),
  )
