// A Lockstep client on ts-mls, written from docs/PROTOCOL.md and lockstep.proto alone: the JSON subprotocol, one group,
// provisional commits, voids, and coming back by external commit.
import { createHash, randomBytes } from 'node:crypto'
import WebSocket from 'ws'
import * as mls from 'ts-mls'

export const suite = await mls.getCiphersuiteImpl(
  mls.getCiphersuiteFromName('MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'))

// ts-mls writes and reads external_pub without its length (RFC 9420, 12.4.3.2: HPKEPublicKey is opaque<V>).
const conform = {
  ...suite,
  hpke: {
    ...suite.hpke,
    exportPublicKey: async key => Uint8Array.of(32, ...await suite.hpke.exportPublicKey(key)),
    importPublicKey: async bytes =>
      suite.hpke.importPublicKey(bytes.length === 33 && bytes[0] === 32 ? bytes.slice(1) : bytes),
  },
}
// ts-mls looks for the old leaf of a client that comes back by its signature key, and never ends if there is none. The
// new leaf has another key (R-EXT-11), so it is found by the identity (R-EXT-9).
const identity = leaf => new TextDecoder().decode(leaf.credential.identity)
const byIdentity = {
  keyRetentionConfig: mls.defaultKeyRetentionConfig,
  lifetimeConfig: mls.defaultLifetimeConfig,
  keyPackageEqualityConfig: {
    ...mls.defaultKeyPackageEqualityConfig,
    compareKeyPackageToLeafNode: (keyPackage, leaf) => identity(keyPackage.leafNode) === identity(leaf),
  },
  paddingConfig: mls.defaultPaddingConfig,
  authService: mls.defaultAuthenticationService,
}
const DAY = 86_400n
const text = value => new TextEncoder().encode(value)
const base64 = bytes => Buffer.from(bytes).toString('base64')
const bytesOf = value => new Uint8Array(Buffer.from(value ?? '', 'base64'))
const sha256 = bytes => createHash('sha256').update(bytes).digest('hex')
const message = (wireformat, body) => mls.encodeMlsMessage({ version: 'mls10', wireformat, ...body })
const decode = bytes => mls.decodeMlsMessage(bytes, 0)[0]

export class Refused extends Error {
  constructor(refusal) {
    super(`${refusal.code}: ${refusal.detail ?? ''}`)
    this.code = refusal.code
    this.retry = refusal.retry
    this.position = Number(refusal.position ?? 0)
  }
}

export class Device {
  constructor(name, server) {
    this.name = name
    this.server = server
    this.requests = new Map()
    this.nextRequest = 1
    this.plaintexts = []
    this.voids = []
    this.rejoins = 0
    this.watchers = new Set()
    // Frames are processed one after the other.
    this.turn = Promise.resolve()
    this.junkSender = false
  }

  async open() {
    this.keys = await this.newKeys()
    this.socket = new WebSocket(this.server.ws, 'lockstep.v1.json')
    this.socket.on('message', data => {
      for (const line of data.toString().split('\n').filter(l => l !== '')) {
        const frame = JSON.parse(line)
        this.answered(frame)
        this.turn = this.turn.then(() => this.frame(frame)).catch(e => { this.fault = e }).then(() => this.wake())
      }
    })
    await new Promise((done, failed) => this.socket.once('open', done).once('error', failed))
    this.send({ hello: { token: `dev:${this.name}`, agent: 'ts-mls', noPings: true } })
    await this.until(() => this.ready)
  }

  newKeys() {
    const now = BigInt(Math.floor(Date.now() / 1000))
    return mls.generateKeyPackage(
      { credentialType: 'basic', identity: text(this.name) },
      mls.defaultCapabilities(),
      { notBefore: now - 3600n, notAfter: now + 84n * DAY }, [], suite)
  }

  close() {
    this.socket.close()
  }

  // --- Requests ---

  send(frame) {
    this.socket.send(JSON.stringify(frame))
  }

  request(frame) {
    const id = String(this.nextRequest++)
    return new Promise((done, failed) => {
      this.requests.set(id, { done, failed })
      this.send({ requestId: id, ...frame })
    })
  }

  async http(method, path, body, type) {
    const response = await fetch(this.server.http + path, {
      method,
      headers: { Authorization: `Bearer dev:${this.name}`, ...(type && { 'Content-Type': type }) },
      body,
    })
    if (!response.ok) throw new Refused(await response.json())
    return response
  }

  answered(frame) {
    const request = this.requests.get(frame.requestId)
    if (!request) return
    if (frame.accepted) request.done(frame.accepted)
    else if (frame.refused) request.failed(new Refused(frame.refused))
    else return
    this.requests.delete(frame.requestId)
  }

  // Waits until a condition holds after a frame.
  async until(condition, seconds = 60) {
    const end = Date.now() + seconds * 1000
    while (!condition()) {
      if (this.fault) throw this.fault
      if (Date.now() > end) throw new Error(`${this.name} waits in vain: ${condition}`)
      await new Promise(done => {
        const timer = setTimeout(done, 1000)
        this.watchers.add(() => { clearTimeout(timer); done() })
      })
    }
  }

  wake() {
    const all = [...this.watchers]
    this.watchers.clear()
    all.forEach(watcher => watcher())
  }

  // --- Groups ---

  publish() {
    return this.http('POST', '/v1/key-packages',
      message('mls_key_package', { keyPackage: this.keys.publicPackage }), 'message/mls')
  }

  async claim(user) {
    const response = await this.http('POST', `/v1/users/${user}/key-packages/claim`,
      JSON.stringify({ suites: [1] }), 'application/json')
    return (await response.json()).claimed.map(c => decode(bytesOf(c.key_package)).keyPackage)
  }

  async create(group, voidAfter) {
    this.groupId = text(group)
    const state = await mls.createGroup(this.groupId, this.keys.publicPackage, this.keys.privatePackage, [], suite)
    const created = await this.request({
      create: {
        groupId: base64(this.groupId),
        policy: { voidAfter, externalJoin: 'EXTERNAL_JOIN_OPEN' },
        groupInfo: base64(await this.groupInfo(state)),
      },
    })
    this.begin(state, created)
  }

  begin(state, cursor) {
    this.state = state
    this.position = Number(cursor.position ?? 0)
    this.earlier = []
    this.staged = undefined
    this.stalled = 0
    this.send({
      requestId: '0',
      attach: {
        cursor: {
          groupId: base64(this.groupId),
          incarnation: cursor.incarnation,
          position: this.position,
          head: cursor.head,
        },
      },
    })
  }

  async groupInfo(state) {
    return message('mls_group_info', {
      groupInfo: await mls.createGroupInfoWithExternalPubAndRatchetTree(state, [], conform),
    })
  }

  get epoch() {
    return Number(this.state.groupContext.epoch)
  }

  get authenticator() {
    return Buffer.from(this.state.keySchedule.epochAuthenticator).toString('hex')
  }

  // Commits, again after each lost race, until the log has the commit.
  async commit(keyPackages = []) {
    for (;;) {
      await this.until(() => this.stalled === 0 && !this.rejoining)
      const made = await mls.createCommit({ state: this.state, cipherSuite: suite }, {
        extraProposals: keyPackages.map(keyPackage => ({ proposalType: 'add', add: { keyPackage } })),
        ratchetTreeExtension: true,
      })
      const commit = mls.encodeMlsMessage(made.commit)
      this.staged = { hash: sha256(commit), state: made.newState }
      try {
        const accepted = await this.request({
          commit: {
            message: base64(commit),
            welcome: made.welcome ? base64(message('mls_welcome', { welcome: made.welcome })) : '',
            groupInfo: base64(await this.groupInfo(made.newState)),
            knownPosition: this.position,
          },
        })
        await this.until(() => this.position >= Number(accepted.position))
        return
      } catch (refused) {
        if (refused.retry !== 'RETRY_AFTER_REBASE' && refused.code !== 'epoch_from_the_future') throw refused
        await this.until(() => this.position >= refused.position)
      }
    }
  }

  async say(words) {
    const made = await mls.createApplicationMessage(this.state, text(words), suite)
    this.state = made.newState
    const bytes = message('mls_private_message', { privateMessage: made.privateMessage })
    this.own = sha256(bytes)
    await this.request({ send: { message: base64(bytes) } })
  }

  // Joins, or comes back, by external commit.
  async joinExternally(group) {
    this.groupId = text(group)
    for (;;) {
      const join = await this.externalCommit(group)
      try {
        const accepted = await this.request({
          commit: { message: base64(join.commit), groupInfo: base64(await this.groupInfo(join.newState)) },
        })
        this.begin(join.newState, accepted)
        this.rejoins++
        return
      } catch (refused) {
        if (refused.retry !== 'RETRY_AFTER_REBASE') throw refused
        await new Promise(done => setTimeout(done, Math.random() * 200))
      }
    }
  }

  async externalCommit(group, isMember = this.state !== undefined) {
    const path = Buffer.from(text(group)).toString('base64url')
    const response = await this.http('GET', `/v1/groups/${path}/group-info`)
    const { groupInfo } = decode(new Uint8Array(await response.arrayBuffer()))
    const keys = await this.newKeys()
    const join = await mls.joinGroupExternal(
      groupInfo, keys.publicPackage, keys.privatePackage, isMember, conform, undefined, byIdentity)
    return { commit: message('mls_public_message', { publicMessage: join.publicMessage }), newState: join.newState }
  }

  // --- Junk ---

  // Sends a commit that nobody can process.
  sendJunk(bytes, groupInfo = new Uint8Array()) {
    this.junkSender = true
    return this.request({ commit: { message: base64(bytes), groupInfo: base64(groupInfo) } })
  }

  // A PrivateMessage with random bytes in place of ciphertexts.
  randomCommit() {
    const epoch = Buffer.alloc(8)
    epoch.writeBigUInt64BE(this.state.groupContext.epoch)
    return Buffer.concat([Buffer.of(0, 1, 0, 2), Buffer.of(this.groupId.length), this.groupId, epoch, Buffer.of(3),
      Buffer.of(0), Buffer.of(28), randomBytes(28), Buffer.of(0x40, 200), randomBytes(200)])
  }

  // A commit whose path is encrypted to nobody; everything else of it is right.
  undecryptablePath() {
    const seal = async (...all) => {
      const sealed = await suite.hpke.seal(...all)
      sealed.ct[0] ^= 1
      return sealed
    }
    return this.staging(this.state, { ...suite, hpke: { ...suite.hpke, seal } })
  }

  // A commit of a member whose key schedule is another one.
  wrongConfirmationTag() {
    const initSecret = this.state.keySchedule.initSecret.slice()
    initSecret[0] ^= 1
    return this.staging({ ...this.state, keySchedule: { ...this.state.keySchedule, initSecret } }, suite)
  }

  async staging(state, cipherSuite) {
    const made = await mls.createCommit({ state, cipherSuite }, { ratchetTreeExtension: true })
    return mls.encodeMlsMessage(made.commit)
  }

  // --- Frames of the server ---

  async frame(frame) {
    if (frame.ready) this.ready = true
    else if (frame.inbox) await this.mail(frame.inbox)
    else if (frame.delivery) await this.delivery(frame.delivery)
    else if (frame.refused && frame.requestId === '0') throw new Refused(frame.refused)
    else if (frame.gap) throw new Error(`gap: ${frame.gap.code}`)
  }

  async mail(mail) {
    const { welcome } = decode(bytesOf(mail.welcome))
    const state = await mls.joinGroup(welcome, this.keys.publicPackage, this.keys.privatePackage, mls.emptyPskIndex, suite)
    this.groupId = bytesOf(mail.groupId)
    this.send({ inboxAck: { id: [mail.id] } })
    this.begin(state, mail.cursor)
  }

  async delivery(entry) {
    const position = Number(entry.position)
    if (position <= this.position || this.rejoining) return
    if (position !== this.position + 1) throw new Error(`a hole before ${position}`)
    if (entry.kind === 'KIND_CONTROL') this.control(entry.control)
    else if (this.stalled === 0) await this.apply(entry, position)
    this.position = position
    const confirms = Number(entry.confirms ?? 0)
    this.earlier = this.earlier.filter(e => e.position > confirms)
    if (this.stalled > 0 && confirms >= this.stalled) await this.comeBack()
    if (entry.provisional && this.stalled === 0) {
      this.send({ ack: { groupId: base64(this.groupId), position } })
    }
  }

  async apply(entry, position) {
    const bytes = bytesOf(entry.message)
    const before = this.state
    if (sha256(bytes) === this.own) return
    if (this.junkSender && entry.kind === 'KIND_COMMIT' && entry.provisional && this.staged?.hash !== sha256(bytes)) {
      // The junk of this device is not to be rejected by it; it waits for the void.
      if (await this.process(bytes)) return
      this.stalled = position
      return
    }
    if (entry.kind === 'KIND_COMMIT' && this.staged?.hash === sha256(bytes)) {
      this.state = this.staged.state
      this.staged = undefined
    } else if (!await this.process(bytes) && entry.kind === 'KIND_COMMIT') {
      if (entry.provisional) {
        this.stalled = position
        this.reject(position)
      } else {
        await this.comeBack()
      }
      return
    }
    if (entry.provisional) this.earlier.push({ position, state: before })
  }

  async process(bytes) {
    try {
      const incoming = decode(bytes)
      const done = incoming.wireformat === 'mls_public_message'
        ? await mls.processPublicMessage(this.state, incoming.publicMessage, mls.emptyPskIndex, suite)
        : await mls.processPrivateMessage(this.state, incoming.privateMessage, mls.emptyPskIndex, suite)
      this.state = done.newState
      if (done.kind === 'applicationMessage') this.plaintexts.push(new TextDecoder().decode(done.message))
      return true
    } catch (e) {
      this.lastFailure = e
      return false
    }
  }

  reject(position) {
    this.request({ reject: { groupId: base64(this.groupId), position, reason: String(this.lastFailure?.message).slice(0, 60) } })
      .catch(refused => {
        if (refused.code === 'commit_not_provisional') return this.comeBack()
        this.fault = refused
      })
  }

  control(control) {
    if (!control.voided) return
    const first = Number(control.voided.position)
    const before = this.earlier.find(e => e.position >= first)
    if (before) this.state = before.state
    this.earlier = this.earlier.filter(e => e.position < first)
    if (this.stalled >= first) this.stalled = 0
    this.junkSender = false
    this.staged = undefined
    this.voids.push(first)
  }

  async comeBack() {
    this.rejoining = true
    this.send({ detach: { groupId: base64(this.groupId) } })
    await this.joinExternally(new TextDecoder().decode(this.groupId))
    this.rejoining = false
  }
}
