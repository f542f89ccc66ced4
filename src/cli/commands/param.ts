import { type Command, Option } from 'commander'
import { writeStates } from '#src/parameters'
import type { CliContext } from '../context.ts'
import { meterIdOf } from '../meter-lookup.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import {
  Decided,
  Page,
  Rules,
  Run,
  Runs,
  rulesTable,
  runTable,
  Setting,
  writeTable,
} from '../param-view.ts'
import { type WriteFlags, writeSettings } from '../param-write.ts'

const examples = `
Examples:
  hes param ls --protocol dlt645-2007
  hes param read 112233445566 04001203
  hes param write 112233445566 --item 04001203 --value 0030
  hes param write --group factories --item 04001203 --value 0030 \\
      --run "freeze at half past midnight"
  hes param history 112233445566
  hes param approve 17
  hes param run 4

Only what hes param ls shows is written; everything else is refused. A write is
read before and after, and done only where the device shows the new value. What
prices hang on, or how a device works, waits for somebody else to approve. A run
tries three devices first and stops where more than --stop-percent fail; several
meters are always a run. METER is an address, or # and a number. A value has its
digits as read shows them; of 376.1 several stand with / between them, of 698.45
it is TYPE:VALUE. --wait 0 follows nothing. What devices ask for before they are
written stands in secrets/meter-access.yaml of the head-end's data folder, by
address, by protocol, or under default: { password, operator }.
`

/** Settings of devices (远程参数) through a running head-end, which reads each of them back. */
export async function buildParam(command: Command, context: CliContext): Promise<void> {
  command.description('Settings of devices: read, write, read back.').addHelpText('after', examples)
  const rules = await onlineVerb(command, 'ls', 'what may be written, and how many people it takes')
  rules.option('-p, --protocol <P>', 'only of this protocol').action(
    context.runs((flags: OnlineFlags & { readonly protocol?: string }) =>
      online<typeof Rules>(
        flags,
        context,
        async (client) => {
          const all = await client.get('/parameter-rules', Rules)
          if (!all.ok || flags.protocol === undefined) return all
          const items = all.value.items.filter(({ protocol }) => protocol === flags.protocol)
          return { ...all, value: { ...all.value, items } }
        },
        rulesTable,
      ),
    ),
  )
  const read = await onlineVerb(command, 'read', 'read a setting now')
  read
    .argument('<METER>', 'its address, or # and its number')
    .argument('<ITEM>', 'as hes param ls begins it: 04001203, 04-F9, 43000800')
    .action(
      context.runs((name: string, item: string, flags: OnlineFlags) =>
        online<typeof Setting>(
          flags,
          context,
          async (client) => {
            const meter = await meterIdOf(client, name)
            if (!meter.ok) return meter
            return await client.get(`/meters/${meter.value}/parameters/${enc(item)}`, Setting)
          },
          ({ value }) => `${value}\n`,
        ),
      ),
    )
  const write = await onlineVerb(command, 'write', 'write a setting, and see it read back')
  write
    .argument('[METER...]', 'addresses, or # and numbers')
    .requiredOption('--item <ITEM>', 'what is set')
    .requiredOption('--value <VALUE>', 'to what')
    .option('--group <NAME>', 'all meters of a group')
    .option('--run <NAME>', 'a run over many: a few first, and stopped where too many fail')
    .option('--stop-percent <N>', 'share of failures that stops a run', '10')
    .option('--wait <SECONDS>', 'how long to follow it', '60')
    .action(
      context.runs((names: string[], flags: WriteFlags) => writeSettings(names, flags, context)),
    )
  const history = await onlineVerb(command, 'history', 'writes, newest first')
  history
    .argument('[METER]', 'of one meter')
    .option('--run <ID>', 'of one run')
    .addOption(new Option('--state <STATE>', 'only these').choices(writeStates))
    .option('--limit <N>', 'at most so many', '100')
    .action(
      context.runs((name: string | undefined, flags: HistoryFlags) => past(name, flags, context)),
    )
  for (const act of ['approve', 'reject'] as const) {
    const says = act === 'approve' ? 'stand behind a write or a run' : 'see that it is not made'
    const decide = await onlineVerb(command, act, says)
    decide
      .argument('<ID>', 'its number')
      .option('--run', 'the number is that of a run')
      .action(
        context.runs((id: string, flags: OnlineFlags & { readonly run?: true }) =>
          online<typeof Decided>(
            flags,
            context,
            (client) => {
              const of = flags.run ? 'parameter-runs' : 'parameters'
              return client.post(`/${of}/${enc(id)}/${act}`, {}, Decided)
            },
            ({ writes }) => `${writes} write(s) ${act === 'approve' ? 'approved' : 'rejected'}.\n`,
          ),
        ),
      )
  }
  const run = await onlineVerb(command, 'run', 'how a run is going; without a number, all of them')
  run.argument('[ID]', 'its number').action(
    context.runs((id: string | undefined, flags: OnlineFlags) =>
      id === undefined
        ? online<typeof Runs>(
            flags,
            context,
            (client) => client.get('/parameter-runs', Runs),
            ({ items }) => runTable(items),
          )
        : online<typeof Run>(
            flags,
            context,
            (client) => client.get(`/parameter-runs/${enc(id)}`, Run),
            (one) => runTable([one]),
          ),
    ),
  )
}

interface HistoryFlags extends OnlineFlags {
  readonly run?: string
  readonly state?: string
  readonly limit?: string
}

const enc = encodeURIComponent

function past(name: string | undefined, flags: HistoryFlags, context: CliContext) {
  return online<typeof Page>(
    flags,
    context,
    async (client) => {
      const query = new URLSearchParams({ limit: flags.limit ?? '100' })
      if (flags.run !== undefined) query.set('run', flags.run)
      if (flags.state !== undefined) query.set('state', flags.state)
      if (name !== undefined) {
        const meter = await meterIdOf(client, name)
        if (!meter.ok) return meter
        query.set('meter', String(meter.value))
      }
      return await client.get(`/parameters?${query}`, Page)
    },
    ({ items }) => writeTable(items),
  )
}
