/** True when a topic filter with `+` and `#` covers a topic (MQTT 3.1.1 §4.7). */
export function topicMatches(filter: string, topic: string): boolean {
  const wanted = filter.split('/')
  const given = topic.split('/')
  for (const [level, part] of wanted.entries()) {
    if (part === '#') return true
    if (level >= given.length) return false
    if (part !== '+' && part !== given[level]) return false
  }
  return wanted.length === given.length
}
