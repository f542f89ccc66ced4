import { assert } from '#src/core'

/**
 * Every way a request can fail: code, HTTP status, sentence. The table is the documentation too;
 * codes never change once released.
 */
const rows = [
  // code                   status  English                                              Chinese
  ['bad-request', 400, 'The request could not be read.', '请求无法解析。'],
  ['invalid-json', 400, 'The body is not valid JSON.', '请求体不是有效的 JSON。'],
  ['invalid-parameters', 400, 'A parameter or field is wrong.', '参数或字段有误。'],
  ['invalid-range', 400, 'The time range is wrong.', '时间范围有误。'],
  ['range-too-long', 400, 'The time range is too long for this granularity.', '时间范围过长。'],
  ['unknown-register', 400, 'There is no such register.', '没有该数据项。'],
  ['not-energy', 400, 'This register does not count energy.', '该数据项不是电能量。'],
  ['bad-cursor', 400, 'The cursor was not given by this server.', '分页游标无效。'],
  [
    'no-idempotency-key',
    400,
    'An Idempotency-Key header is needed.',
    '缺少 Idempotency-Key 请求头。',
  ],
  ['wrong-signature', 401, 'The signature is wrong or old.', '签名错误或已过期。'],
  ['unauthenticated', 401, 'Sign in first: the token is missing or no longer good.', '请先登录。'],
  ['wrong-credentials', 401, 'Name or password is wrong.', '用户名或密码错误。'],
  ['forbidden', 403, 'Your role does not allow this.', '您的角色无权执行此操作。'],
  ['not-found', 404, 'There is nothing at this address.', '该地址不存在。'],
  ['meter-not-found', 404, 'There is no such meter.', '没有该电能表。'],
  ['channel-not-found', 404, 'There is no such channel.', '没有该通道。'],
  ['concentrator-not-found', 404, 'There is no such concentrator.', '没有该集中器。'],
  ['account-not-found', 404, 'There is no such account.', '没有该户号。'],
  ['quarantine-not-found', 404, 'No such device is in quarantine.', '没有该待认领终端。'],
  ['transformer-not-found', 404, 'There is no such transformer area.', '没有该台区。'],
  ['node-not-found', 404, 'There is no such node of the grid.', '没有该电网节点。'],
  ['proposal-not-found', 404, 'There is no such proposal.', '没有该档案建议。'],
  ['reading-route-not-found', 404, 'There is no such reading route.', '没有该抄表段。'],
  ['reading-batch-not-found', 404, 'There is no such batch of readings.', '没有该抄表批次。'],
  ['forecast-not-found', 404, 'There is no forecast of that day.', '没有该日预测。'],
  ['usage-point-not-found', 404, 'There is no such usage point.', '没有该用电点。'],
  ['usage-group-not-found', 404, 'There is no such group of usage points.', '没有该用电群组。'],
  ['import-not-found', 404, 'There is no such import of the archive.', '没有该档案导入。'],
  ['reading-not-found', 404, 'There is no reading of this register and time.', '没有该数据。'],
  ['read-not-found', 404, 'There is no such on-demand read.', '没有该召测任务。'],
  ['case-not-found', 404, 'There is no such case.', '没有该工单线索。'],
  ['finding-not-found', 404, 'There is nothing of that number.', '没有该校验结果或数据。'],
  ['anomaly-not-found', 404, 'There is no such anomaly.', '没有该用电异常。'],
  ['rule-not-found', 404, 'There is no such rule.', '没有该规则。'],
  ['task-not-found', 404, 'There is no such collection task.', '没有该采集任务。'],
  ['meter-group-not-found', 404, 'There is no such group of meters.', '没有该采集对象组。'],
  ['message-not-found', 404, 'There is no such message.', '没有该消息。'],
  ['firmware-not-found', 404, 'There is no such file or campaign.', '没有该升级文件或任务。'],
  [
    'order-not-found',
    404,
    'There is no such order, or nothing that it names.',
    '没有该工单或其所指对象。',
  ],
  ['commission-not-found', 404, 'There is no such commissioning.', '没有该调试任务。'],
  ['point-not-found', 404, 'There is no such monitored point.', '没有该监测点。'],
  ['refused-not-found', 404, 'No such record was refused.', '没有该被拒记录。'],
  ['query-not-found', 404, 'There is no such query of yours.', '没有该查询。'],
  [
    'subject-not-found',
    404,
    'There is no such usage point, account, node or group.',
    '没有该用电点、户号、电网节点或群组。',
  ],
  ['watch-list-not-found', 404, 'There is no such watch list of yours.', '没有该关注列表。'],
  ['user-not-found', 404, 'There is no such user.', '没有该用户。'],
  ['trip-request-not-found', 404, 'There is no such request.', '没有该申请。'],
  ['key-not-found', 404, 'There is no such API key.', '没有该密钥。'],
  ['not-allowed', 403, 'This is not on the list of what may be written.', '该参数不在允许清单内。'],
  ['method-not-allowed', 405, 'This address does not take this method.', '该地址不支持此方法。'],
  ['request-timeout', 408, 'The request took too long to arrive.', '请求接收超时。'],
  [
    'ambiguous-device',
    409,
    'Several meters have this address; name one by its id.',
    '地址不唯一。',
  ],
  ['quarantine-decided', 409, 'This device was adopted already.', '该终端已认领。'],
  ['quarantine-nameless', 409, 'A device that has no identity cannot be adopted.', '终端无标识。'],
  ['refused-decided', 409, 'Something else was decided of it.', '该记录已另行处理。'],
  ['name-taken', 409, 'This name is taken.', '该名称已被使用。'],
  ['meter-group-in-use', 409, 'A task is for this group.', '该采集对象组正被任务使用。'],
  ['second-person', 409, 'Somebody else must confirm this.', '须由另一人确认。'],
  ['trip-request-expired', 409, 'The request is too old; make it anew.', '申请已过期。'],
  ['stop-file', 409, 'The file TRIP_STOP must be removed by hand.', '须手动删除 TRIP_STOP 文件。'],
  ['receipt-mismatch', 409, 'The receipt is not of what left.', '回执与发送内容不一致。'],
  ['not-now', 409, 'Its state does not allow this now.', '当前状态不允许此操作。'],
  [
    'archive-moved',
    409,
    'The archive is another one in what this file touches.',
    '相关档案已变动。',
  ],
  ['last-admin', 409, 'Somebody must remain admin.', '必须保留至少一名管理员。'],
  ['idempotency-mismatch', 409, 'This key was used for another request.', '幂等键已用于其他请求。'],
  ['too-large', 413, 'The body is too large.', '请求体过大。'],
  ['uri-too-long', 414, 'The address is too long.', '请求地址过长。'],
  ['unsupported-media-type', 415, 'This kind of body is not accepted here.', '不支持该内容类型。'],
  ['invalid-task', 422, 'The task or group cannot be as it is.', '采集任务或对象组有误。'],
  ['query-refused', 422, 'The query asks for what there is not.', '查询条件有误。'],
  [
    'query-costly',
    422,
    'The query would cost too much; ask for less.',
    '查询代价过大，请缩小范围。',
  ],
  ['refused-again', 422, 'The database refuses the record as before.', '数据库仍拒绝该记录。'],
  ['weak-password', 422, 'The password is too easy to guess.', '密码过于简单。'],
  [
    'invalid-archive',
    422,
    'The archive has wrong rows; nothing was imported.',
    '档案有误，未导入。',
  ],
  ['too-many-attempts', 429, 'Too many tries; wait.', '尝试次数过多，请稍后再试。'],
  ['too-many-requests', 429, 'Too many requests; slow down.', '请求过于频繁。'],
  ['headers-too-large', 431, 'The headers are too large.', '请求头过大。'],
  ['internal', 500, 'The server failed; the request id helps to find out why.', '服务器内部错误。'],
  [
    'device-failure',
    502,
    'The device did not say what was asked; `reason` says what came instead.',
    '终端未按要求应答，原因见 reason。',
  ],
  ['busy', 503, 'The server is busy; try again shortly.', '服务器繁忙，请稍后再试。'],
  ['not-ready', 503, 'A part the server needs is not ready.', '服务尚未就绪。'],
] as const

export type ProblemCode = (typeof rows)[number][0]

export interface ProblemKind {
  readonly code: ProblemCode
  readonly status: number
  readonly en: string
  readonly zh: string
}

export const problemKinds: readonly ProblemKind[] = rows.map(([code, status, en, zh]) => ({
  code,
  status,
  en,
  zh,
}))

const byCode = new Map(problemKinds.map((kind) => [kind.code, kind]))

export function problemKind(code: ProblemCode): ProblemKind {
  const kind = byCode.get(code)
  assert(kind, `${code} is in the table`)
  return kind
}

/** One wrong field; `line` where it stands in a file. */
export interface ProblemIssue {
  readonly in: 'path' | 'query' | 'body' | 'headers' | 'file'
  readonly name: string
  readonly message: string
  readonly line?: number
}

/** What a handler answers instead of a result. */
export interface Problem {
  readonly code: ProblemCode
  readonly detail?: string
  readonly errors?: readonly ProblemIssue[]
  readonly retryAfterSeconds?: number
  /** What the audit record of a write says besides the code. */
  readonly audit?: { readonly target?: string }
  /** Extension members of RFC 9457. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** The document of RFC 9457; `type` leads to the page that explains every code. */
export function problemDocument(
  problem: Problem,
  at: { readonly instance: string; readonly chinese: boolean },
) {
  const { code, status, en, zh } = problemKind(problem.code)
  return {
    type: `/api/problems#${code}`,
    title: at.chinese ? zh : en,
    status,
    code,
    ...(problem.detail === undefined ? {} : { detail: problem.detail }),
    instance: at.instance,
    ...(problem.errors === undefined ? {} : { errors: problem.errors }),
    ...problem.extra,
  }
}

/** The table for people, in the API's description. */
export function problemTable(): string {
  const lines = problemKinds.map(
    ({ code, status, en, zh }) => `| \`${code}\` | ${status} | ${en} | ${zh} |`,
  )
  return ['| code | status | meaning | 含义 |', '| --- | --- | --- | --- |', ...lines].join('\n')
}
