import { print } from './measure.ts'

/** `npm run bench [name …]`: each benchmark against its limit in the same run. */
const benches: Readonly<
  Record<string, () => Promise<{ run(): Promise<Parameters<typeof print>[0]> }>>
> = {
  codec: () => import('./codec.ts'),
  line: () => import('./line-time.ts'),
  polls: () => import('./polls.ts'),
  storage: () => import('./storage.ts'),
  usage: () => import('./usage.ts'),
}

const chosen = process.argv.slice(2)
for (const name of chosen.length > 0 ? chosen : Object.keys(benches)) {
  const load = benches[name]
  if (!load) {
    process.stderr.write(`no benchmark ${name}; there are ${Object.keys(benches).join(', ')}\n`)
    process.exitCode = 2
    break
  }
  print(await (await load()).run())
}
process.exit()
