import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import { fail, ok, type Result } from '#src/core'
import type { CliContext } from '../context.ts'
import { type CliFailure, exitCodes } from '../exit.ts'
import type { HeadEndClient } from '../head-end-client.ts'
import { managerText } from '../loss-view.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { queryText } from '../query-text.ts'
import { renderTable } from '../table.ts'

const examples = `
Examples:
  hes grid manager set area:T1 --name 王芳 --staff-no 1207 --from 2026-11-01
  hes grid manager set area:T1 --name 李娜 --from 2026-11-10 --to 2026-11-20
  hes grid manager end area:T1 --at 2026-12-01
  hes grid manager ls --manager 1207 --at 2026-05-01
  hes grid manager ls --without
  hes grid manager history area:T1
  hes grid manager import managers.csv

Who is responsible for a transformer area or a feeder, one at a time. With --to
somebody stands in, and whoever held it goes on afterwards. The file has the
columns code and name, and as needed kind, staff_no, phone, valid_from and
valid_to. All rows of it are entered, or none.
`

const TextOrNull = Type.Union([Type.String(), Type.Null()])
const Duty = Type.Object({
  manager: Type.Object({ name: Type.String(), staffNo: TextOrNull, phone: TextOrNull }),
  from: Type.String(),
  to: TextOrNull,
})
const Page = Type.Object({
  items: Type.Array(
    Type.Object({
      ...{ kind: Type.String(), code: Type.String(), name: Type.String() },
      duty: Type.Union([Duty, Type.Null()]),
    }),
  ),
  next: TextOrNull,
})
const History = Type.Object({ items: Type.Array(Duty) })
const Nothing = Type.Object({})
const Entered = Type.Object({ rows: Type.Integer() })
const PAGE = '1000'

interface ListFlags extends OnlineFlags {
  readonly at?: string
  readonly kind?: string
  readonly manager?: string
  readonly without?: true
}
interface SetFlags extends OnlineFlags {
  readonly name: string
  readonly staffNo?: string
  readonly phone?: string
  readonly from: string
  readonly to?: string
  readonly rename?: true
}

export async function addDuties(command: Command, context: CliContext): Promise<void> {
  const duties = command
    .command('manager')
    .description('Who is responsible for areas and feeders, at any time.')
    .addHelpText('after', examples)
  await listingVerbs(duties, context)
  await enteringVerbs(duties, context)
}

async function listingVerbs(command: Command, context: CliContext): Promise<void> {
  const list = await onlineVerb(command, 'ls', 'areas and feeders with who is responsible')
  list
    .option('--at <TIME>', 'a date or a moment; else now')
    .option('--kind <KIND>', 'area or feeder')
    .option('--manager <WHO>', 'only of this staff number or name')
    .option('--without', 'only what nobody is responsible for')
    .action(
      context.runs((flags: ListFlags) =>
        online<typeof Page>(
          flags,
          context,
          (client) => allPages(client, flags),
          ({ items }) =>
            renderTable(
              ['node', 'name', 'manager', 'from', 'to'].map((title) => ({ title })),
              items.map(({ kind, code, name, duty }) => [
                ...[`${kind}:${code}`, name, managerText(duty?.manager ?? null)],
                ...[duty?.from ?? '', duty?.to ?? ''],
              ]),
            ),
        ),
      ),
    )
  const history = await onlineVerb(command, 'history', 'who was responsible, the oldest first')
  history.argument('<KIND:CODE>', 'area:T1 or feeder:F1').action(
    context.runs((node: string, flags: OnlineFlags) =>
      online<typeof History>(
        flags,
        context,
        (client) => client.get(`/grid/${pathOf(node)}/managers`, History),
        ({ items }) =>
          renderTable(
            ['manager', 'from', 'to'].map((title) => ({ title })),
            items.map(({ manager, from, to }) => [managerText(manager), from, to ?? '']),
          ),
      ),
    ),
  )
}

async function allPages(
  client: HeadEndClient,
  { at, kind, manager, without }: ListFlags,
): Promise<Result<Static<typeof Page>, CliFailure>> {
  const items: Static<typeof Page>['items'] = []
  const held = without ? 'false' : manager === undefined ? undefined : 'true'
  let cursor: string | undefined
  do {
    const query = queryText({ at, kind, manager, held, limit: PAGE, cursor })
    const page = await client.get(`/grid/managers${query}`, Page)
    if (!page.ok) return page
    items.push(...page.value.items)
    cursor = page.value.next ?? undefined
  } while (cursor !== undefined)
  return ok({ items, next: null })
}

async function enteringVerbs(command: Command, context: CliContext): Promise<void> {
  const set = await onlineVerb(command, 'set', 'enter who is responsible from a time on')
  set
    .argument('<KIND:CODE>', 'area:T1 or feeder:F1')
    .requiredOption('--name <NAME>', 'of the person')
    .option('--staff-no <NO>', 'tells two of one name apart')
    .option('--phone <NUMBER>', 'where to ask')
    .requiredOption('--from <TIME>', 'a date or a moment')
    .option('--to <TIME>', 'only until then; who held it goes on')
    .option('--rename', 'the name of that staff number was wrong')
    .action(
      context.runs((node: string, flags: SetFlags) => {
        const { name, staffNo, phone, from, to, rename } = flags
        const body = { name, staffNo, phone, from, to, rename }
        return online<typeof Nothing>(
          flags,
          context,
          (client) => client.put(`/grid/${pathOf(node)}/manager`, body, Nothing),
          () => `${name} is responsible for ${node} from ${from} on.\n`,
        )
      }),
    )
  const end = await onlineVerb(command, 'end', 'nobody is responsible from a time on')
  end
    .argument('<KIND:CODE>', 'area:T1 or feeder:F1')
    .requiredOption('--at <TIME>', 'a date or a moment')
    .action(
      context.runs((node: string, flags: OnlineFlags & { readonly at: string }) =>
        online<typeof Nothing>(
          flags,
          context,
          (client) => client.post(`/grid/${pathOf(node)}/manager/end`, { at: flags.at }, Nothing),
          () => `Nobody is responsible for ${node} from ${flags.at} on.\n`,
        ),
      ),
    )
  const file = await onlineVerb(command, 'import', 'enter all rows of a CSV file, or none')
  file.argument('<FILE>', 'a .csv file, UTF-8 or GBK').action(
    context.runs((name: string, flags: OnlineFlags) =>
      online<typeof Entered>(
        flags,
        context,
        async (client) => {
          const read = bytesOf(name, context)
          return read.ok ? await client.postCsv('/grid/managers/file', read.value, Entered) : read
        },
        ({ rows }) => `${rows} rows of ${name} are entered.\n`,
      ),
    ),
  )
}

function bytesOf(file: string, { io }: CliContext): Result<Uint8Array, CliFailure> {
  try {
    return ok(io.readBytes(file))
  } catch (error) {
    // The file is not there; who named it is told.
    const message = `${file} cannot be read: ${error instanceof Error ? error.message : ''}`
    return fail({ exit: exitCodes.usage, code: 'grid.unreadable', message })
  }
}

/** `area:T1` as `area/T1`. */
function pathOf(node: string): string {
  const colon = node.indexOf(':')
  return [node.slice(0, colon), node.slice(colon + 1)].map(encodeURIComponent).join('/')
}
