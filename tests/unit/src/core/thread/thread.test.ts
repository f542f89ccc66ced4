import { afterAll, describe, expect, it } from 'vitest'
import { createThread } from '#src/core'

describe('a thread that answers', () => {
  const thread = createThread<number, number>(import.meta.url, 'doubles')
  afterAll(() => thread.close())

  it('answers one question after the other', async () => {
    expect(await thread.ask(4)).toBe(8)
    expect(await thread.ask(5)).toBe(10)
  })

  it('says that it ended, or why, and starts again', async () => {
    await expect(thread.ask(0)).rejects.toThrow('the thread that doubles ended')
    expect(await thread.ask(6)).toBe(12)
    await expect(thread.ask(-1)).rejects.toThrow('negative')
    expect(await thread.ask(7)).toBe(14)
  })

  it('starts again after it was closed', async () => {
    await thread.ask(1)
    await thread.close()
    expect(await thread.ask(2)).toBe(4)
  })
})
