import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { renderTable } from '../table.ts'
import { addMessageRules } from './message-rules.ts'

const examples = `
Examples:
  hes messages ls --state unknown
  hes messages show 0b0f5f0e-6f43-8f3e-a00a-6d2f8f1f8b11
  hes messages resend 0b0f5f0e-6f43-8f3e-a00a-6d2f8f1f8b11 --reason "the number is mended"
  hes messages rules
  hes messages policy --quiet 22-7 --person-hour-max 4

unknown means that nobody can tell whether it left: it is not sent again before
the provider says, a receipt comes, or a person decides.
`

const Message = Type.Object({
  id: Type.String(),
  recipient: Type.String(),
  body: Type.String(),
  state: Type.String(),
  tries: Type.Integer(),
  createdAt: Type.String(),
  reason: Type.Union([Type.String(), Type.Null()]),
})
const Page = Type.Object({ items: Type.Array(Message) })
const Event = Type.Object({ at: Type.String(), event: Type.String(), detail: Type.String() })
const Told = Type.Composite([Message, Type.Object({ events: Type.Array(Event) })])

interface ListFlags extends OnlineFlags {
  readonly state?: string
  readonly limit: string
}

export async function buildMessages(command: Command, context: CliContext): Promise<void> {
  command.description('What left to people, and its receipts.').addHelpText('after', examples)
  const list = await onlineVerb(command, 'ls', 'messages, newest first')
  list
    .option('--state <STATE>', 'queued, sending, sent, delivered, failed, unknown, expired')
    .option('--limit <N>', 'at most so many', '100')
    .action(
      context.runs((flags: ListFlags) => {
        const query = new URLSearchParams({ limit: flags.limit })
        if (flags.state !== undefined) query.set('state', flags.state)
        return online<typeof Page>(
          flags,
          context,
          (one) => one.get(`/messages?${query}`, Page),
          table,
        )
      }),
    )
  const show = await onlineVerb(command, 'show', 'one message, step by step')
  show.argument('<ID>', 'its id').action(
    context.runs((id: string, flags: OnlineFlags) => {
      const path = `/messages/${encodeURIComponent(id)}`
      return online<typeof Told>(flags, context, (one) => one.get(path, Told), told)
    }),
  )
  const resend = await onlineVerb(command, 'resend', 'send the same words once more')
  resend
    .argument('<ID>', 'its id')
    .requiredOption('--reason <TEXT>', 'why, for the record')
    .action(
      context.runs((id: string, flags: OnlineFlags & { readonly reason: string }) => {
        const path = `/messages/${encodeURIComponent(id)}/resend`
        const body = { reason: flags.reason }
        return online<typeof Message>(flags, context, (one) => one.post(path, body, Message), line)
      }),
    )
  await addMessageRules(command, context)
}

const columns = ['message', 'to', 'state', 'tries', 'made', 'words'].map((title) => ({ title }))

async function table({ items }: Static<typeof Page>): Promise<string> {
  if (items.length === 0) return 'No such message.\n'
  const rows = items.map(({ id, recipient, state, tries, createdAt, body }) => {
    return [id, recipient, state, String(tries), createdAt, body]
  })
  return await renderTable(columns, rows)
}

function line({ id, recipient, state, reason, body }: Static<typeof Message>): string {
  const why = reason === null ? '' : ` (${reason})`
  return `${id} to ${recipient}: ${state}${why}\n  ${body}\n`
}

function told(one: Static<typeof Told>): string {
  const events = one.events.map(({ at, event, detail }) => `  ${at}  ${event} ${detail}`.trimEnd())
  return `${line(one)}${events.join('\n')}\n`
}
