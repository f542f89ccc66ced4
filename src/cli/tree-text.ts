/** A node of a tree by its name, with the name of what it hangs on. */
export interface TreeNode {
  readonly kind: string
  readonly code: string
  readonly name: string
  readonly parent: { readonly kind: string; readonly code: string } | null
  readonly points: number
}

const keyOf = ({ kind, code }: { readonly kind: string; readonly code: string }) =>
  `${kind} ${code}`

/** Children below their parents, drawn with lines; who has no parent among them is a root. */
export function treeText(nodes: readonly TreeNode[]): string {
  if (nodes.length === 0) return 'There is no grid.\n'
  const known = new Set(nodes.map(keyOf))
  const parentOf = ({ parent }: TreeNode) =>
    parent !== null && known.has(keyOf(parent)) ? keyOf(parent) : ''
  const below = Map.groupBy(nodes, parentOf)
  const lines: string[] = []
  const draw = (parent: string, indent: string) => {
    const children = (below.get(parent) ?? []).toSorted((one, other) =>
      one.code < other.code ? -1 : 1,
    )
    for (const [index, node] of children.entries()) {
      const isLast = index === children.length - 1
      const [branch, more] = parent === '' ? ['', ''] : isLast ? ['└ ', '  '] : ['├ ', '│ ']
      const count = node.points === 0 ? '' : `  (${node.points} points)`
      lines.push(`${indent}${branch}${keyOf(node)} ${node.name}`.trimEnd() + count)
      draw(keyOf(node), indent + more)
    }
  }
  draw('', '')
  return `${lines.join('\n')}\n`
}
