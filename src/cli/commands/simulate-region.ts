import { type Command, Option } from 'commander'
import { positiveNumber, wholeNumber } from '../channel-options.ts'
import type { CliContext } from '../context.ts'
import { dialOption, exampleOf, type Place, share } from '../simulate-options.ts'
import { play } from '../simulate-play.ts'
import { faultSets } from '../simulate-spec.ts'

const PROCESSES_MAX = 16

interface Flags {
  readonly concentrators: number
  readonly meters: number
  readonly seed: number
  readonly faults: (typeof faultSets)[number]
  readonly loss: number
  readonly damage: number
  readonly dial: Place
  readonly heartbeat: number
  readonly processes: number
  readonly part?: number
  readonly archive?: string
  readonly truth?: string
  readonly play: boolean
}

const text = `
Of the concentrators some pass DL/T 645 through and some speak Q/GDW 376.1 or DL/T 698.45. The
truth says line by line of each meter whether anybody could read it that day, and if not, why.
${exampleOf(
  'hes simulate region --concentrators 20 --meters 50 --no-play \\\n' +
    '      --archive region.csv --truth region.ndjson\n' +
    '  hes import archive region.csv\n' +
    '  hes simulate region --concentrators 20 --meters 50',
)}`

export function buildRegion(parent: Command, context: CliContext): void {
  parent
    .command('region')
    .description('A region with everything that goes wrong in a field, and a list of what does.')
    .option('--concentrators <N>', 'how many', positiveNumber, 100)
    .option('--meters <N>', 'meters behind each', positiveNumber, 100)
    .option('--seed <N>', 'the same seed plays the same again', wholeNumber, 1)
    .addOption(
      new Option('--faults <SET>', 'what goes wrong; rules are made by `known`')
        .choices(faultSets)
        .default('known'),
    )
    .option('--loss <SHARE>', 'share of answers lost, 0 to 1', share, 0.1)
    .option('--damage <SHARE>', 'share of answers damaged, 0 to 1', share, 0.02)
    .addOption(dialOption())
    .option('--heartbeat <SECONDS>', 'between two heartbeats', positiveNumber, 300)
    .option('--processes <N>', 'that share the region, up to 16', positiveNumber, 1)
    .addOption(new Option('--part <N>').argParser(wholeNumber).hideHelp())
    .option('--archive <FILE>', 'write the archive there first, for `hes import archive`')
    .option('--truth <FILE>', 'write there first what is true, as lines of JSON')
    .option('--no-play', 'write the files and end')
    .addHelpText('after', text)
    .action(
      context.runs(async (flags: Flags) => {
        const { concentrators, meters, seed, faults, loss, damage, dial, heartbeat } = flags
        const { processes, part = null, archive = null, truth = null } = flags
        const spec = {
          kind: 'region',
          seed,
          concentrators,
          metersEach: meters,
          faultSet: faults,
          loss,
          damage,
          dialin: dial,
          heartbeatSeconds: heartbeat,
          processes: Math.min(processes, PROCESSES_MAX),
          part,
          archivePath: archive,
          truthPath: truth,
          isPlayed: flags.play,
        } as const
        return play(spec, context)
      }),
    )
}
