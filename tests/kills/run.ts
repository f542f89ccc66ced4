import { parseArgs } from 'node:util'
import { killManyTimes } from './kills.ts'

/** `npm run kills -- --kills 10000 --lanes 2 --seed 7`: see kills.ts. */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    lanes: { type: 'string', default: '2' },
    seed: { type: 'string', default: '20261122' },
  },
})
const report = await killManyTimes({
  kills: Number(values.kills),
  lanes: Number(values.lanes),
  seed: Number(values.seed),
  progress: (text) => void process.stderr.write(`${text}\n`),
})
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
const isTrue = report.wrong.length === 0 && report.kills >= Number(values.kills)
process.exit(isTrue ? 0 : 1)
