import { describe, expect, test } from 'vitest'
import { fail, instant, ok } from '#src/core'
import type { ArchiveImport } from '#src/registry'
import { documents, hes } from './fake-io.ts'

const read = ['read', '--protocol', 'dlt645-2007', '--address', '112233445566', '--item', '1.8.0']

/** Wrong calls and a piece of what is said of them. */
const wrongCalls: readonly (readonly [readonly string[], string])[] = [
  [['decod', '6816'], 'Did you mean decode?'],
  [['nonsense'], "unknown command 'nonsense'"],
  [['nonsense', '--help'], "unknown command 'nonsense'"],
  [['help', 'nonsense'], "unknown command 'nonsense'"],
  [['decode', '--colour'], "unknown option '--colour'"],
  [['decode', 'xyz'], 'no hex in "xyz"'],
  [['decode', '681'], 'no hex in "681"'],
  [['decode'], 'no frame given'],
  [['decode', '--protocol', 'iec61107', '68'], 'allowed: auto, dlt645-2007, dlt645-1997, modbus'],
  [['encode', '--item', '1.8.0'], "required option '-p, --protocol <P>' not specified"],
  [['encode', '--protocol', 'mqtt', '--item', '1.8.0'], 'Allowed choices are'],
  [['encode', '--protocol', 'gdw376', '--address', '1', '--item', '1.8.0'], '2347-0001'],
  [['encode', '--protocol', 'dlms', '--address', 'x', '--item', '1.8.0'], '1/17'],
  [['encode', '--protocol', 'dlt645-2007', '--address', '12', '--item', '1.8.0'], '--address'],
  [['encode', '--protocol', 'modbus', '--unit', '300', '--item', '1.8.0'], '--unit'],
  [['encode', '--protocol', 'modbus', '--unit', '1', '--item', '1.8.0'], '--profile: missing'],
  [
    ['encode', '--protocol', 'modbus', '--unit', '1', '--profile', 'x', '--item', '1.8.0'],
    '--profile: "x" is not known; allowed: sdm630, sdm72',
  ],
  [['encode', '--protocol', 'modbus', '--unit', '1', '--item', ''], 'items separated by commas'],
  [read, 'no channel: name one of'],
  [[...read, '--tcp', 'nowhere'], 'Allowed: HOST:PORT'],
  [[...read, '--tcp', 'a:1', '--serial', '/dev/x'], 'more than one channel'],
  [[...read, '--rtu-tcp', 'a:1'], '--rtu-tcp is for Modbus'],
  [[...read, '--serial', '/dev/x', '--parity', 'mark'], 'Allowed choices are none, even, odd'],
  [[...read, '--serial', '/dev/x', '--data-bits', '9'], 'Allowed: 7 or 8'],
  [[...read, '--tcp', 'a:1', '--watch', 'soon'], 'Allowed: a time such as'],
  [[...read, '--concentrator', '1', '--watch', '5s'], '--watch works on --tcp'],
  [['scan', '--protocol', 'modbus', '--units', '0-5', '--tcp', 'a:1'], 'units from 1 to 247'],
  [['simulate', 'meter', '--address', '112233445566'], 'name --listen or --serial'],
  [['simulate', 'meter', '--address', '1'], '12 digits each'],
  [['simulate', 'meter', '--protocol', 'dlms', '--address', 'x'], '1/17'],
  [['simulate', 'meter', '--address', '112233445566', '--profile', 'wrapper'], 'only DLMS'],
  [
    ['simulate', 'meter', '-p', 'dlt698', '-a', '112233445566', '--control-answers', 'words'],
    'only dlt645-2007',
  ],
  [['simulate', 'concentrator', '--protocol', 'gdw376', '--address', '1'], '2347-0001'],
  [['simulate', 'mqtt', '--interval', '0'], 'a whole number of at least 1'],
  [['simulate', 'fleet', '--drop', '2'], 'a share from 0 to 1'],
  [['serve', '--http-port', 'x'], '--http-port: "x" is not allowed'],
  [['import', 'archive'], "missing required argument 'FILE'"],
  [['export', 'all'], "missing required argument 'DIR'"],
]

describe('a wrong call', () => {
  test.each(wrongCalls)('%j exits 2 and says what is wrong', async (argv, said) => {
    const { exit, stdout, stderr } = await hes(argv)
    expect(exit).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(said)
    expect(stderr).toContain('hes')
  })

  test('with wrong settings names all of them and exits 2', async () => {
    const env = { HES_HTTP_PORT: 'eighty', HES_LOGLEVEL: 'info' }
    const { exit, stderr } = await hes(['serve'], { env })
    expect(exit).toBe(2)
    expect(stderr.split('\n')).toEqual([
      'hes: HES_HTTP_PORT: "eighty" is not allowed; allowed: a port number from 1 to 65535, or 0 for any free one',
      'hes: HES_LOGLEVEL: no such setting; did you mean HES_LOG_LEVEL?',
      '',
    ])
  })
})

describe('a command', () => {
  test('prints the version', async () => {
    expect(await hes(['--version'])).toEqual({ exit: 0, stdout: '0.1.0\n', stderr: '' })
  })

  test('hands settings from flags to what it starts', async () => {
    let port = 0
    let roles: readonly string[] = []
    const serve = async ({
      loaded,
    }: {
      loaded: { settings: { httpPort: number; role: readonly string[] } }
    }) => {
      port = loaded.settings.httpPort
      roles = loaded.settings.role
      return ok(undefined)
    }
    const argv = ['serve', '--http-port', '8081', '--role', 'api,storage']
    expect((await hes(argv, { actions: { serve } })).exit).toBe(0)
    expect(port).toBe(8081)
    expect(roles).toEqual(['api', 'storage'])
  })

  test('ends with the exit code of its failure and says cause and next step', async () => {
    const serve = async () =>
      fail({
        exit: 1 as const,
        code: 'transport.busy',
        message: 'port 8080 is taken',
        next: 'set HES_HTTP_PORT to another port',
      })
    expect(await hes(['serve'], { actions: { serve } })).toEqual({
      exit: 1,
      stdout: '',
      stderr:
        'hes: port 8080 is taken [transport.busy]\n     next: set HES_HTTP_PORT to another port\n',
    })
  })

  test('lets a bug through instead of hiding it', async () => {
    const serve = async () => {
      throw new Error('invariant broken')
    }
    await expect(hes(['serve'], { actions: { serve } })).rejects.toThrow('invariant broken')
  })
})

describe('migrate', () => {
  const status = { applied: ['0001_registry'], pending: ['0002_readings'] }

  test('--status exits 1 while something is pending', async () => {
    const migrationStatus = async () => ok(status)
    const { exit, stdout } = await hes(['migrate', '--status'], { actions: { migrationStatus } })
    expect(exit).toBe(1)
    expect(stdout).toBe('applied  0001_registry\npending  0002_readings\n')
  })

  test('--json prints one document', async () => {
    const migrate = async () => ok({ applied: [], pending: [] })
    const { exit, stdout } = await hes(['migrate', '--json'], { actions: { migrate } })
    expect(exit).toBe(0)
    expect(documents(stdout)).toEqual([{ applied: [], pending: [] }])
  })
})

describe('import archive', () => {
  const files = { 'meters.csv': 'address\n1' }
  const problem = { line: 2, column: 'address', value: '电1', message: 'allowed: 12 digits' }

  test('names every bad line in an aligned table on stderr and exits 1', async () => {
    const importArchive = async () => ok(fail([problem, { ...problem, line: 13, value: '12' }]))
    const argv = ['import', 'archive', 'meters.csv']
    expect(await hes(argv, { files, actions: { importArchive } })).toEqual({
      exit: 1,
      stdout: '',
      stderr: [
        'LINE  COLUMN   VALUE  WHAT IS WRONG',
        '   2  address  电1    allowed: 12 digits',
        '  13  address  12     allowed: 12 digits',
        'hes: nothing of meters.csv was stored: 2 bad line(s); mend them and try again',
        '',
      ].join('\n'),
    })
  })

  test('prints the same as JSON on stdout', async () => {
    const importArchive = async () => ok(fail([problem]))
    const argv = ['import', 'archive', 'meters.csv', '--json']
    const { exit, stdout } = await hes(argv, { files, actions: { importArchive } })
    expect(exit).toBe(1)
    expect(documents(stdout)).toEqual([{ stored: false, problems: [problem] }])
  })

  test('says what it stored', async () => {
    const applied: ArchiveImport = {
      ...{ id: 7, kind: 'archive', state: 'applied', fileName: 'meters.csv', sha256: 'ab' },
      ...{ rows: 3, created: 2, changed: 1, proposedBy: 'me', proposedAt: instant(0) },
      ...{ appliedBy: 'me', appliedAt: instant(0), counts: { added: 2 } },
    }
    const importArchive = async () => ok(ok({ applied }))
    const argv = ['import', 'archive', 'meters.csv']
    const { exit, stdout } = await hes(argv, { files, actions: { importArchive } })
    expect(exit).toBe(0)
    expect(stdout).toBe('3 rows: 2 new, 1 changed, 0 as before\n')
  })

  test('exits 3 for a file that is not there', async () => {
    const { exit, stderr } = await hes(['import', 'archive', 'gone.csv'])
    expect(exit).toBe(3)
    expect(stderr).toContain('gone.csv')
  })
})

describe('export all', () => {
  test('prints what was written, table by table', async () => {
    const exportAll = async () =>
      ok({
        tables: [
          { table: 'meter', rows: 2 },
          { table: 'reading', rows: 1000 },
        ],
      })
    const { exit, stdout } = await hes(['export', 'all', './x'], { actions: { exportAll } })
    expect(exit).toBe(0)
    expect(stdout).toBe('TABLE    ROWS\nmeter       2\nreading  1000\ntotal    1002\n')
  })
})
