import { print } from './measure.ts'

/** `npm run bench [name …]`: each benchmark against its limit in the same run. */
const benches: Readonly<
  Record<string, () => Promise<{ run(): Promise<Parameters<typeof print>[0]> }>>
> = {
  anomalies: () => import('./anomalies.ts'),
  archive: () => import('./archive.ts'),
  codec: () => import('./codec.ts'),
  estimation: () => import('./estimation.ts'),
  forecast: () => import('./forecast.ts'),
  hostile: () => import('./hostile.ts'),
  idle: () => import('./idle.ts'),
  ledger: () => import('./ledger.ts'),
  line: () => import('./line-time.ts'),
  losses: () => import('./losses.ts'),
  metering: () => import('./metering.ts'),
  'on-demand': () => import('./on-demand.ts'),
  outbox: () => import('./outbox.ts'),
  polls: () => import('./polls.ts'),
  'reading-days': () => import('./reading-days.ts'),
  region: () => import('./region.ts'),
  statistics: () => import('./statistics.ts'),
  storage: () => import('./storage.ts'),
  usage: () => import('./usage.ts'),
  year: () => import('./year.ts'),
}

/** Long: only by name. What begins with two dashes is for the benchmark. */
const onlyByName = ['region', 'statistics', 'year']

const chosen = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const usual = Object.keys(benches).filter((name) => !onlyByName.includes(name))
for (const name of chosen.length > 0 ? chosen : usual) {
  const load = benches[name]
  if (!load) {
    process.stderr.write(`no benchmark ${name}; there are ${Object.keys(benches).join(', ')}\n`)
    process.exitCode = 2
    break
  }
  print(await (await load()).run())
}
process.exit()
