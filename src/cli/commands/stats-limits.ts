import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { renderTable } from '../table.ts'

const Text = Type.String()
const Limit = Type.Object({
  supplyClass: Text,
  validFrom: Text,
  low: Text,
  high: Text,
  examinedLow: Text,
  examinedHigh: Text,
  imbalance: Text,
  changedBy: Type.Optional(Text),
})
const Limits = Type.Object({ items: Type.Array(Limit) })

interface Flags extends OnlineFlags {
  readonly from?: string
  readonly low?: string
  readonly high?: string
  readonly examinedLow?: string
  readonly examinedHigh?: string
  readonly imbalance?: string
}

export async function addLimits(command: Command, context: CliContext): Promise<void> {
  const list = await onlineVerb(command, 'limits', 'what voltage is good, in parts of Un')
  list.action(
    context.runs((flags: Flags) =>
      online<typeof Limits>(
        flags,
        context,
        (client) => client.get('/statistics/quality/limits', Limits),
        ({ items }) => limitsText(items),
      ),
    ),
  )
  const set = await onlineVerb(command, 'limit', 'another limit from a day on')
  set
    .argument('<CLASS>', 'single-phase or three-phase')
    .requiredOption('--from <DATE>', 'since when; days since then are judged anew')
    .requiredOption('--low <SHARE>', 'the least that is good, as 0.9')
    .requiredOption('--high <SHARE>', 'the most that is good, as 1.07')
    .option('--examined-low <SHARE>', 'what is lower is no supply', '0.7')
    .option('--examined-high <SHARE>', 'what is higher is no measurement', '1.2')
    .option('--imbalance <SHARE>', 'the most of a phase from the mean', '0.3')
    .action(
      context.runs((supplyClass: string, flags: Flags) =>
        online<typeof Limit>(
          flags,
          context,
          (client) => {
            const { from: validFrom, low, high, examinedLow, examinedHigh, imbalance } = flags
            const shares = { low, high, examinedLow, examinedHigh, imbalance }
            const body = { supplyClass, validFrom, ...shares }
            return client.put('/statistics/quality/limits', body, Limit)
          },
          (one) => limitsText([one]),
        ),
      ),
    )
}

const limitsText = (items: readonly Static<typeof Limit>[]) =>
  renderTable(
    ['class', 'from', 'by', 'low', 'high', 'examined', 'imbalance'].map((title) => ({ title })),
    items.map((one) => [
      ...[one.supplyClass, one.validFrom, one.changedBy ?? '', one.low, one.high],
      ...[`${one.examinedLow} to ${one.examinedHigh}`, one.imbalance],
    ]),
  )
