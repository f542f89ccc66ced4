import { describe, expect, it } from 'vitest'
import { judgeServer, type ServerAnswers } from '#src/db'

const community: ServerAnswers = {
  serverVersionNumber: 170_005,
  timescaleAvailable: '2.28.1',
  timescaleInstalled: '2.28.1',
  license: 'timescale',
  preloaded: true,
}

const codeOf = (answers: ServerAnswers): string => {
  const verdict = judgeServer(answers, 'db.example:5432/openhes')
  return verdict.kind === 'refused' ? verdict.error.code : verdict.kind
}

describe('judging a server by its answers', () => {
  it('takes the Community edition', () => {
    expect(codeOf(community)).toBe('fine')
  })

  it('takes the oldest server and extension it supports', () => {
    const oldest = { serverVersionNumber: 150_000, timescaleInstalled: '2.20.0' }
    expect(codeOf({ ...community, ...oldest })).toBe('fine')
  })

  it('takes a development version by its number', () => {
    expect(codeOf({ ...community, timescaleInstalled: '2.23.0-dev' })).toBe('fine')
  })

  it('wants the extension created where it only lies ready', () => {
    expect(codeOf({ ...community, timescaleInstalled: null, license: null })).toBe(
      'extension-needed',
    )
  })

  // What Debian trixie's postgresql-17-timescaledb says.
  it('refuses the Apache edition', () => {
    const apache = { timescaleInstalled: '2.20.3', license: 'apache' }
    expect(codeOf({ ...community, ...apache })).toBe('timescaledb-apache')
  })

  // What Debian bookworm's postgresql-15 says.
  it('refuses plain PostgreSQL', () => {
    const plain: ServerAnswers = {
      serverVersionNumber: 150_016,
      timescaleAvailable: null,
      timescaleInstalled: null,
      license: null,
      preloaded: false,
    }
    expect(codeOf(plain)).toBe('timescaledb-missing')
  })

  it('refuses an old PostgreSQL before anything else', () => {
    expect(codeOf({ ...community, serverVersionNumber: 140_011 })).toBe('postgres-too-old')
  })

  it('refuses an old TimescaleDB', () => {
    expect(codeOf({ ...community, timescaleInstalled: '2.19.3' })).toBe('timescaledb-too-old')
    expect(codeOf({ ...community, timescaleInstalled: '1.7.5' })).toBe('timescaledb-too-old')
  })

  it('refuses a server that does not load the extension at its start', () => {
    const unloaded = { preloaded: false, timescaleInstalled: null, license: null }
    expect(codeOf({ ...community, ...unloaded })).toBe('timescaledb-not-creatable')
  })

  it('says in one sentence what to install for this very PostgreSQL', () => {
    const verdict = judgeServer({ ...community, license: 'apache' }, 'db.example:5432/openhes')
    const message = verdict.kind === 'refused' ? verdict.error.message : ''
    expect(message).toContain('db.example:5432/openhes')
    expect(message).toContain('timescaledb-2-postgresql-17')
    expect(message).not.toContain('\n')
  })
})
