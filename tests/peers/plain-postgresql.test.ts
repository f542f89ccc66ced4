import { existsSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { temporaryFolder } from '#tests/support'
import { makeServer, type PostgresServer, startAsUser } from './postgresql.ts'
import { describeWith, freePort, hes, testFolder } from './support.ts'

/** The whole sentence: what is there, what to install, from where, and what to set. */
const missing = {
  code: 'database.timescaledb-missing',
  sentence:
    /127\.0\.0\.1:\d+\/postgres is PostgreSQL 15 without TimescaleDB; install TimescaleDB [\d.]+ or later with the Community features \(package timescaledb-2-postgresql-15 of https:\S+\), add timescaledb to shared_preload_libraries and restart the server\./,
}
const notLoaded = {
  code: 'database.timescaledb-not-creatable',
  sentence:
    /127\.0\.0\.1:\d+\/postgres does not load TimescaleDB at its start; add timescaledb to shared_preload_libraries in postgresql\.conf and restart the server\./,
}
/** A developer may have put TimescaleDB beside Debian's files; then this server only lacks the setting. */
const isInstalled = existsSync('/usr/share/postgresql/15/extension/timescaledb.control')
const { code, sentence } = isInstalled ? notLoaded : missing

describeWith(['postgresql-15'], 'a plain PostgreSQL 15', () => {
  const folder = temporaryFolder()
  let server: PostgresServer

  beforeAll(async () => {
    server = await makeServer(folder.path)
    await server.start()
  })
  afterAll(async () => {
    await server.stop('fast')
    folder.remove()
  })

  it.each([
    ['serve', ['serve', '--http-port', '0', '--dialin-port', '0', '--mqtt-port', '0']],
    ['migrate', ['migrate']],
    ['migrate --status', ['migrate', '--status', '--json']],
    ['import all', ['import', 'all', '/nonexistent']],
  ])('is refused by hes %s, which says what to install', async (_, args) => {
    const settings = { HES_DATABASE_URL: server.url, HES_DATA_DIR: testFolder() }
    const { exit, stdout, stderr } = await hes(args, settings)
    expect(exit).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(sentence)
    expect(stderr).toContain(`[${code}]`)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it('is found wanting by hes doctor, which says what to install', async () => {
    const ports = ['--http-port', '0', '--dialin-port', '0', '--mqtt-port', '0']
    const settings = { HES_DATABASE_URL: server.url, HES_DATA_DIR: testFolder() }
    const { exit, stdout } = await hes(['doctor', '--json', ...ports], settings)
    expect(exit).toBe(1)
    const { ok, checks } = JSON.parse(stdout)
    expect(ok).toBe(false)
    const [failed, ...others] = checks.filter(({ status }: { status: string }) => status === 'fail')
    expect(others).toEqual([])
    expect(failed).toMatchObject({ name: 'database', message: expect.stringMatching(sentence) })
  })

  it('is left as it was: nothing of ours is in it', async () => {
    const settings = { HES_DATABASE_URL: server.url, HES_DATA_DIR: testFolder() }
    await hes(['migrate'], settings)
    const query = "select count(*) from pg_class where relnamespace = 'public'::regnamespace"
    const psql = startAsUser('psql', ['-Atc', query, server.url])
    expect(await psql.ended).toBe(0)
    expect(psql.stdout).toBe('0\n')
  })

  it('that cannot be reached, has no such database or knows no such user gets its own sentence', async () => {
    const wrong = async (url: string) => {
      const settings = { HES_DATABASE_URL: url, HES_DATA_DIR: testFolder() }
      const { exit, stderr } = await hes(['migrate'], settings)
      return `exit ${exit}: ${stderr}`
    }
    const nobody = `postgres://hes@127.0.0.1:${await freePort()}/postgres`
    expect(await wrong(nobody)).toMatch(
      /^exit 5: .*cannot be reached \(.*ECONNREFUSED.*database\.unreachable/s,
    )
    const missing = server.url.replace(/postgres$/, 'nowhere')
    expect(await wrong(missing)).toMatch(
      /^exit 3: .*nowhere does not exist.*\[database\.database-missing\]/s,
    )
    const stranger = server.url.replace('hes@', 'stranger@')
    expect(await wrong(stranger)).toMatch(
      /^exit 6: .*refuses the user.*\[database\.sign-in-refused\]/s,
    )
  })
})
