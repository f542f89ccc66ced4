import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import { fail, ok, type Result } from '#src/core'
import type { CliContext } from '../context.ts'
import { type CliFailure, exitCodes } from '../exit.ts'
import type { HeadEndClient } from '../head-end-client.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { renderTable } from '../table.ts'

const contactExamples = `
Examples:
  hes user contact wang --telephone 13800000001 --locale zh
  hes user contact wang --no-telephone

Messages go to people with a number (see hes messages rules). What happened
before a number was given is not told to it.
`

const User = Type.Object({
  id: Type.Integer(),
  username: Type.String(),
  roles: Type.Array(Type.String()),
  disabled: Type.Boolean(),
  telephone: Type.Union([Type.String(), Type.Null()]),
  locale: Type.String(),
})
type User = Static<typeof User>
const Page = Type.Object({
  items: Type.Array(User),
  next: Type.Union([Type.String(), Type.Null()]),
})

interface ContactFlags extends OnlineFlags {
  /** False for --no-telephone. */
  readonly telephone?: string | false
  readonly locale?: string
}

/** Who works here, and how they are reached by messages. */
export async function addContacts(command: Command, context: CliContext): Promise<void> {
  const list = await onlineVerb(command, 'ls', 'who may sign in, and how they are reached')
  list.action(
    context.runs((flags: OnlineFlags) =>
      online<typeof Page>(flags, context, (one) => one.get('/users?limit=1000', Page), table),
    ),
  )
  const contact = await onlineVerb(command, 'contact', 'how a person is reached by messages')
  contact
    .argument('<NAME>', 'who signs in with it')
    .option('--telephone <NUMBER>', 'digits, + in front at most')
    .option('--no-telephone', 'send this person nothing any more')
    .option('--locale <LOCALE>', 'zh or en')
    .addHelpText('after', contactExamples)
    .action(
      context.runs((name: string, flags: ContactFlags) =>
        online<typeof User>(
          flags,
          context,
          async (one) => {
            const found = await userNamed(one, name)
            if (!found.ok) return found
            const { id, telephone, locale } = found.value
            const given = flags.telephone === false ? null : flags.telephone
            const body = {
              telephone: given === undefined ? telephone : given,
              locale: flags.locale ?? locale,
            }
            return one.put(`/users/${id}/contact`, body, User)
          },
          ({ username, telephone, locale }) =>
            `${username}: ${telephone ?? 'no telephone'}, ${locale}\n`,
        ),
      ),
    )
}

async function userNamed(one: HeadEndClient, name: string): Promise<Result<User, CliFailure>> {
  let cursor: string | null = ''
  while (cursor !== null) {
    const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page: Result<Static<typeof Page>, CliFailure> = await one.get(
      `/users?limit=1000${from}`,
      Page,
    )
    if (!page.ok) return page
    const found = page.value.items.find(({ username }) => username === name.toLowerCase())
    if (found) return ok(found)
    cursor = page.value.next
  }
  const message = `nobody signs in as ${name}`
  return fail({ exit: exitCodes.notFound, code: 'user.not-found', message })
}

const columns = ['user', 'roles', 'telephone', 'language', ''].map((title) => ({ title }))

async function table({ items }: Static<typeof Page>): Promise<string> {
  const rows = items.map(({ username, roles, telephone, locale, disabled }) => {
    return [username, roles.join(', '), telephone ?? '', locale, disabled ? 'locked out' : '']
  })
  return await renderTable(columns, rows)
}
