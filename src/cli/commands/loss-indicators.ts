import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import { fail } from '#src/core'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit.ts'
import { columnsOf, managerText } from '../loss-view.ts'
import { type OnlineFlags, online } from '../online.ts'
import { queryText } from '../query-text.ts'
import { renderTable } from '../table.ts'

const TextOrNull = Type.Union([Type.String(), Type.Null()])
const figures = {
  scopes: Type.Integer(),
  computable: Type.Integer(),
  qualified: Type.Integer(),
  computableRate: TextOrNull,
  qualifiedRate: TextOrNull,
  high: Type.Integer(),
  low: Type.Integer(),
  negative: Type.Integer(),
  newAbnormal: Type.Integer(),
  cured: Type.Integer(),
}
const Indicators = Type.Object(figures)
const ByManager = Type.Object({
  total: Indicators,
  items: Type.Array(
    Type.Object({
      rank: Type.Union([Type.Integer(), Type.Null()]),
      manager: Type.Union([
        Type.Object({ name: Type.String(), staffNo: TextOrNull, phone: TextOrNull }),
        Type.Null(),
      ]),
      ...figures,
    }),
  ),
})

interface Flags extends OnlineFlags {
  readonly scope?: string
  readonly date?: string
  readonly month?: string
  readonly below?: string
  readonly by?: string
}

/** How good the losses of all are, or of each who is responsible for some. */
export function addIndicators(verb: Command, context: CliContext): void {
  verb.option('--by <WHAT>', 'manager: of areas or feeders by who is responsible').action(
    context.runs((flags: Flags) => {
      const { scope, date, month, below } = flags
      const query = queryText({ scope, date, month, below })
      if (flags.by === undefined) {
        return online<typeof Indicators>(
          flags,
          context,
          (client) => client.get(`/line-loss/indicators${query}`, Indicators),
          (found) =>
            renderTable(
              columnsOf(['figure'], ['value']),
              Object.entries(found).map(([name, value]) => [name, String(value ?? '–')]),
            ),
        )
      }
      return online<typeof ByManager>(
        flags,
        context,
        async (client) =>
          flags.by === 'manager'
            ? await client.get(`/line-loss/indicators/managers${query}`, ByManager)
            : fail({
                ...{ exit: exitCodes.usage, code: 'loss.by' },
                message: `--by is manager, not ${flags.by}`,
              }),
        managersTable,
      )
    }),
  )
}

function managersTable({ total, items }: Static<typeof ByManager>): Promise<string> {
  const cells = (one: Static<typeof Indicators>) => [
    ...[String(one.scopes), String(one.computable), one.computableRate ?? '–'],
    ...[String(one.qualified), one.qualifiedRate ?? '–'],
    ...[one.high, one.low, one.negative, one.newAbnormal, one.cured].map(String),
  ]
  const titles = ['all', 'computable', 'rate', 'qualified', 'rate', 'high', 'low', 'negative']
  return renderTable(
    [...columnsOf([], ['rank']), ...columnsOf(['manager'], [...titles, 'new', 'cured'])],
    [
      ...items.map((one) => [
        ...[String(one.rank ?? '–'), one.manager === null ? 'nobody' : managerText(one.manager)],
        ...cells(one),
      ]),
      ['', 'total', ...cells(total)],
    ],
  )
}
