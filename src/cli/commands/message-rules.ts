import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import { fail, ok, type Result } from '#src/core'
import type { CliContext } from '../context.ts'
import { type CliFailure, exitCodes } from '../exit.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { renderTable } from '../table.ts'

const ruleExamples = `
Examples:
  hes messages rule storms --on device.event --min-severity critical --to-role operator \\
    --template device.event --urgent
  hes messages rule handed-over --on order.assigned --to-assignee --template order.assigned
  hes messages rule case-opened --on case.opened --to-role operator --template case.opened \\
    --topic meter.silent --quiet 20-9 --person-hour-max 2
  hes messages rule storms --drop

A rule tells of what happens from now on: case.opened, case.assigned,
order.assigned, order.hanging, firmware.stopped, device.event.
`

const policyExamples = `
Examples:
  hes messages policy
  hes messages policy --quiet 22-7 --person-hour-max 4

Quiet hours are those of the utility; only what is urgent leaves then.
`

const templateExamples = `
Examples:
  hes messages templates
  hes messages template device.event --locale en --body "{event} at {device}, {at}."
`

const Nullable = <T extends ReturnType<typeof Type.String | typeof Type.Integer>>(type: T) =>
  Type.Union([type, Type.Null()])
const Quiet = Type.Object({ fromHour: Type.Integer(), toHour: Type.Integer() })
const Rule = Type.Object({
  name: Type.String(),
  occasion: Type.String(),
  minSeverity: Type.String(),
  topics: Type.Union([Type.Array(Type.String()), Type.Null()]),
  toAssignee: Type.Boolean(),
  toRole: Nullable(Type.String()),
  template: Type.String(),
  urgent: Type.Boolean(),
  quiet: Type.Union([Quiet, Type.Null()]),
  personHourMax: Nullable(Type.Integer()),
  enabled: Type.Boolean(),
})
const Rules = Type.Object({ items: Type.Array(Rule) })
const Policy = Type.Object({
  quietFromHour: Type.Integer(),
  quietToHour: Type.Integer(),
  personHourMax: Type.Integer(),
})
const Template = Type.Object({ code: Type.String(), locale: Type.String(), body: Type.String() })
const Templates = Type.Object({ items: Type.Array(Template) })
const Nothing = Type.Null()

interface RuleFlags extends OnlineFlags {
  readonly on?: string
  readonly minSeverity: string
  readonly topic?: readonly string[]
  readonly toRole?: string
  readonly toAssignee?: true
  readonly template?: string
  readonly urgent?: true
  readonly quiet?: string
  readonly personHourMax?: string
  readonly validMinutes: string
  readonly off?: true
  readonly drop?: true
}

interface PolicyFlags extends OnlineFlags {
  readonly quiet?: string
  readonly personHourMax?: string
}

interface TemplateFlags extends OnlineFlags {
  readonly locale: string
  readonly body: string
}

/** Who is told what, when, how often and in which words. */
export async function addMessageRules(command: Command, context: CliContext): Promise<void> {
  const list = await onlineVerb(command, 'rules', 'who is told what')
  list.action(
    context.runs((flags: OnlineFlags) =>
      online<typeof Rules>(flags, context, (one) => one.get('/message-rules', Rules), ruleTable),
    ),
  )
  await addRule(command, context)
  const policy = await onlineVerb(command, 'policy', 'quiet hours and limits, shown or set')
  policy
    .option('--quiet <FROM-TO>', 'hours in which people are left alone, e.g. 21-8')
    .option('--person-hour-max <N>', 'messages to one person an hour')
    .addHelpText('after', policyExamples)
    .action(
      context.runs((flags: PolicyFlags) =>
        online<typeof Policy>(
          flags,
          context,
          async (one) => {
            const known = await one.get('/message-policy', Policy)
            const isAsked = flags.quiet === undefined && flags.personHourMax === undefined
            if (!known.ok || isAsked) return known
            const quiet = hoursIn(flags.quiet)
            if (!quiet.ok) return quiet
            const { quietFromHour, quietToHour, personHourMax } = known.value
            const { fromHour = quietFromHour, toHour = quietToHour } = quiet.value ?? {}
            const most = Number(flags.personHourMax ?? personHourMax)
            const body = { quietFromHour: fromHour, quietToHour: toHour, personHourMax: most }
            return one.put('/message-policy', body, Policy)
          },
          ({ quietFromHour, quietToHour, personHourMax }) =>
            `quiet from ${quietFromHour} to ${quietToHour}, ${personHourMax} to one person an hour\n`,
        ),
      ),
    )
  const templates = await onlineVerb(command, 'templates', 'the words of messages')
  templates.action(
    context.runs((flags: OnlineFlags) =>
      online<typeof Templates>(
        flags,
        context,
        (one) => one.get('/message-templates', Templates),
        ({ items }) => items.map((one) => `${one.code} ${one.locale}  ${one.body}\n`).join(''),
      ),
    ),
  )
  const template = await onlineVerb(command, 'template', 'write the words of a message')
  template
    .argument('<CODE>', 'of the template')
    .requiredOption('--locale <LOCALE>', 'zh or en')
    .requiredOption('--body <TEXT>', 'words with {names}')
    .addHelpText('after', templateExamples)
    .action(
      context.runs((code: string, { locale, body, ...flags }: TemplateFlags) => {
        const path = `/message-templates/${encodeURIComponent(code)}/${encodeURIComponent(locale)}`
        return online<typeof Template>(
          flags,
          context,
          (one) => one.put(path, { body }, Template),
          (one) => `${one.code} ${one.locale}  ${one.body}\n`,
        )
      }),
    )
}

async function addRule(command: Command, context: CliContext): Promise<void> {
  const rule = await onlineVerb(command, 'rule', 'make, change or drop a rule')
  rule
    .argument('<NAME>', 'of the rule')
    .option('--on <OCCASION>', 'what it tells of')
    .option('--min-severity <S>', 'low, medium, high or critical', 'low')
    .option('--topic <KIND...>', 'only these kinds of cases or codes of events')
    .option('--to-role <ROLE>', 'everybody of this role')
    .option('--to-assignee', 'whoever the work was given to')
    .option('--template <CODE>', 'its words')
    .option('--urgent', 'also in quiet hours')
    .option('--quiet <FROM-TO>', 'quiet hours of its own')
    .option('--person-hour-max <N>', 'messages of this rule to one person an hour')
    .option('--valid-minutes <N>', 'how long it is worth telling', '1440')
    .option('--off', 'keep it, and tell nothing by it')
    .option('--drop', 'take it away')
    .addHelpText('after', ruleExamples)
    .action(
      context.runs((name: string, flags: RuleFlags) => {
        const path = `/message-rules/${encodeURIComponent(name)}`
        if (flags.drop) {
          const dropped = () => `${name} was dropped\n`
          return online<typeof Nothing>(flags, context, (one) => one.delete(path, Nothing), dropped)
        }
        return online<typeof Rule>(
          flags,
          context,
          async (one) => {
            const body = bodyOf(flags)
            return body.ok ? one.put(path, body.value, Rule) : body
          },
          (made) => ruleTable({ items: [made] }),
        )
      }),
    )
}

function bodyOf(flags: RuleFlags): Result<object, CliFailure> {
  const quiet = hoursIn(flags.quiet)
  if (!quiet.ok) return quiet
  if (flags.on === undefined || flags.template === undefined) {
    return fail(wrong('a rule needs --on and --template'))
  }
  return ok({
    occasion: flags.on,
    minSeverity: flags.minSeverity,
    topics: flags.topic ?? null,
    toRole: flags.toRole ?? null,
    toAssignee: flags.toAssignee === true,
    template: flags.template,
    urgent: flags.urgent === true,
    quiet: quiet.value,
    personHourMax: flags.personHourMax === undefined ? null : Number(flags.personHourMax),
    validMinutes: Number(flags.validMinutes),
    enabled: flags.off !== true,
  })
}

function hoursIn(text: string | undefined): Result<Static<typeof Quiet> | null, CliFailure> {
  if (text === undefined) return ok(null)
  const [, from, to] = /^(\d{1,2})-(\d{1,2})$/.exec(text) ?? []
  if (from === undefined || to === undefined) {
    return fail(wrong(`--quiet ${text}: two hours, e.g. 21-8`))
  }
  return ok({ fromHour: Number(from), toHour: Number(to) })
}

const wrong = (message: string): CliFailure => ({
  exit: exitCodes.usage,
  code: 'call.wrong',
  message,
})

const columns = ['rule', 'on', 'from', 'to', 'words', 'quiet', 'an hour', ''].map((title) => ({
  title,
}))

async function ruleTable({ items }: Static<typeof Rules>): Promise<string> {
  if (items.length === 0) return 'There is no rule.\n'
  const rows = items.map((one) => {
    const to = [...(one.toAssignee ? ['assignee'] : []), ...(one.toRole ? [one.toRole] : [])]
    const quiet = one.quiet === null ? '' : `${one.quiet.fromHour}-${one.quiet.toHour}`
    const remark = [...(one.urgent ? ['urgent'] : []), ...(one.enabled ? [] : ['off'])]
    const most = one.personHourMax === null ? '' : String(one.personHourMax)
    const { name, occasion, minSeverity, template } = one
    return [name, occasion, minSeverity, to.join(', '), template, quiet, most, remark.join(', ')]
  })
  return await renderTable(columns, rows)
}
