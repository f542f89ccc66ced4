import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitStatements } from '#src/db'

describe('splitting SQL into statements', () => {
  it('cuts at semicolons and drops what is empty', () => {
    expect(splitStatements('select 1; select 2;\n;  -- nothing\n')).toEqual([
      'select 1',
      'select 2',
    ])
  })

  it.each([
    ['a string', `select 'a;b''c;d'`],
    ['an escape string', `select e'a\\';b'`],
    ['a quoted name', `select 1 as "a;""b"`],
    ['a dollar quote', 'do $$ begin perform 1; perform 2; end $$'],
    ['a tagged dollar quote', 'select $body$ a; $$ b; $body$'],
    ['a line comment', 'select 1 -- one; two\n + 1'],
    ['nested block comments', 'select /* a; /* b; */ c; */ 1'],
    ['a parameter beside a dollar', 'select a$1$b, $1, $2'],
  ])('keeps %s whole', (_what, statement) => {
    expect(splitStatements(`${statement};select 2`)).toEqual([statement, 'select 2'])
  })

  it('takes an unfinished quote as the rest of the text', () => {
    expect(splitStatements(`select 'a; b`)).toEqual([`select 'a; b`])
  })

  it('gives back any statements that were joined', () => {
    const piece = fc.constantFrom(`'x;'`, '"y;"', '$t$;$t$', '-- c;\n', '/* ; */', 'a', '1')
    const statement = fc.array(piece).map((pieces) => [...pieces, 'end'].join(' '))
    fc.assert(
      fc.property(fc.array(statement), (statements) => {
        expect(splitStatements(statements.join(';\n'))).toEqual(statements)
      }),
    )
  })
})
