import { parseArgs } from 'node:util'
import { type KillReport, killManyTimes } from './kills.ts'
import { isMutation, type Mutation, mutations } from './mutations.ts'
import { killWriters } from './write-kills.ts'

/**
 * `node tests/kills/run.ts --kills 10000 --lanes 2 --seed 7`: see kills.ts. With `--mistakes` the
 * product is run with one mistake after the other, and each must be found. With `--writes 1000` a
 * process that writes to devices is killed so often: see write-kills.ts.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    lanes: { type: 'string', default: '2' },
    seed: { type: 'string', default: '20261122' },
    mistakes: { type: 'boolean', default: false },
    writes: { type: 'string' },
  },
})
/** Enough for each of them to be found several times over. */
const KILLS_OF_A_MISTAKE = 32

function killed(kills: number, mutation: Mutation): Promise<KillReport> {
  return killManyTimes({
    kills,
    mutation,
    lanes: Number(values.lanes),
    seed: Number(values.seed),
    progress: (text) => void process.stderr.write(`${text}\n`),
  })
}

let isTrue = true
if (values.writes !== undefined) {
  const kills = Number(values.writes)
  const report = await killWriters({ kills, seed: Number(values.seed), mutation: 'none' })
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  isTrue = report.wrong.length === 0 && report.kills >= kills
} else if (values.mistakes) {
  for (const [mutation, words] of Object.entries(mutations)) {
    if (!isMutation(mutation) || mutation === 'none') continue
    const { wrong } = await killed(KILLS_OF_A_MISTAKE, mutation)
    isTrue &&= wrong.length > 0
    const verdict = wrong[0] === undefined ? 'NOT FOUND' : `found: ${wrong[0]}`
    process.stdout.write(`${mutation} (${words}): ${verdict}\n`)
  }
} else {
  const report = await killed(Number(values.kills), 'none')
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  isTrue = report.wrong.length === 0 && report.kills >= Number(values.kills)
}
process.exit(isTrue ? 0 : 1)
