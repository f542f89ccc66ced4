import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { renderTable } from '../table.ts'

const Text = Type.String()
const Price = Type.Object({
  tariff: Text,
  customerClass: Type.Union([Text, Type.Null()]),
  validFrom: Text,
  price: Text,
})
const Prices = Type.Object({ items: Type.Array(Price) })

interface Flags extends OnlineFlags {
  readonly tariff?: string
  readonly class?: string
  readonly from?: string
}

export async function addPrices(command: Command, context: CliContext): Promise<void> {
  const list = await onlineVerb(command, 'prices', 'what a kWh is worth, by tariff and class')
  list.action(
    context.runs((flags: Flags) =>
      online<typeof Prices>(
        flags,
        context,
        (client) => client.get('/anomalies/prices', Prices),
        ({ items }) => table(items),
      ),
    ),
  )
  const set = await onlineVerb(command, 'price', 'another price from a day on')
  set
    .argument('<PRICE>', 'of a kWh')
    .requiredOption('--from <DATE>', 'since when')
    .option('--tariff <NAME>', 'only of this tariff')
    .option('--class <CLASS>', 'only of this class of customers')
    .action(
      context.runs((price: string, flags: Flags) =>
        online<typeof Price>(
          flags,
          context,
          (client) => {
            const { tariff, class: customerClass, from: validFrom } = flags
            return client.put(
              '/anomalies/prices',
              { tariff, customerClass, validFrom, price },
              Price,
            )
          },
          (one) => table([one]),
        ),
      ),
    )
}

const table = (items: readonly Static<typeof Price>[]) =>
  renderTable(
    [
      ...['tariff', 'class', 'from'].map((title) => ({ title })),
      { title: 'a kWh', align: 'right' as const },
    ],
    items.map((one) => [
      ...[one.tariff || 'all', one.customerClass ?? 'all', one.validFrom, one.price],
    ]),
  )
