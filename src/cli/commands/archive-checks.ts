import { Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { queryText } from '../query-text.ts'
import { renderTable } from '../table.ts'

const Text = Type.String()
const Maybe = Type.Union([Type.String(), Type.Null()])
const Looked = Type.Object({
  ...{ score: Maybe, accounts: Type.Integer(), differences: Type.Integer() },
})
const Gaps = Type.Object({
  items: Type.Array(Type.Object({ subject: Text, key: Text, area: Maybe })),
  next: Maybe,
})
const Differences = Type.Object({
  items: Type.Array(
    Type.Object({
      ...{ account: Text, usagePoint: Text, kind: Text, field: Text },
      ...{ ours: Maybe, theirs: Maybe, foundOn: Text },
    }),
  ),
  next: Maybe,
})

const SHOWN = '1000'

interface Flags extends OnlineFlags {
  readonly area?: string
  readonly account?: string
  readonly field?: string
  readonly kind?: string
  readonly cursor?: string
}

/** How whole the archive is and what the marketing system has otherwise, thing by thing. */
export async function addChecks(command: Command, context: CliContext): Promise<void> {
  const look = await onlineVerb(command, 'look', 'look through the archive and compare it now')
  look.action(
    context.runs((flags: Flags) =>
      online<typeof Looked>(
        flags,
        context,
        (client) => client.post('/archive/look', {}, Looked),
        ({ score, accounts, differences }) =>
          `score: ${score ?? '–'}\naccounts compared: ${accounts}\ndifferences: ${differences}\n`,
      ),
    ),
  )
  const gaps = await onlineVerb(command, 'gaps', 'what breaks a rule of hes grid score now')
  gaps
    .argument('<RULE>', 'such as meter-plate')
    .option('--area <CODE>', 'only of a transformer area')
    .option('--cursor <CURSOR>', 'go on after an earlier page')
    .action(
      context.runs((rule: string, flags: Flags) =>
        online<typeof Gaps>(
          flags,
          context,
          (client) =>
            client.get(
              `/archive/gaps${queryText({ rule, area: flags.area, cursor: flags.cursor, limit: SHOWN })}`,
              Gaps,
            ),
          async ({ items, next }) =>
            (await tableOf(
              ['what', 'key', 'area'],
              items.map(({ subject, key, area }) => [subject, key, area ?? '']),
            )) + more(next),
        ),
      ),
    )
  const differences = await onlineVerb(
    command,
    'differences',
    'what the marketing system said last and the archive has otherwise',
  )
  differences
    .option('--account <NO>', 'only of an account')
    .option('--field <NAME>', 'only in this, such as meter or area')
    .option('--kind <KIND>', 'differs, unset, theirs-only or ours-only')
    .option('--cursor <CURSOR>', 'go on after an earlier page')
    .action(
      context.runs((flags: Flags) => {
        const { account, field, kind, cursor } = flags
        const query = queryText({ account, field, kind, cursor, limit: SHOWN })
        return online<typeof Differences>(
          flags,
          context,
          (client) => client.get(`/archive/differences${query}`, Differences),
          async ({ items, next }) =>
            (await tableOf(
              ['account', 'point', 'how', 'field', 'ours', 'theirs', 'since'],
              items.map((one) => [
                ...[one.account, one.usagePoint, one.kind, one.field],
                ...[one.ours ?? '', one.theirs ?? '', one.foundOn],
              ]),
            )) + more(next),
        )
      }),
    )
}

const more = (next: string | null): string =>
  next === null ? '' : `… and more; --cursor ${next} goes on\n`

const tableOf = (titles: readonly string[], rows: readonly (readonly string[])[]) =>
  renderTable(
    titles.map((title) => ({ title })),
    rows.map((row) => [...row]),
  )
