// Members on ts-mls and on Bouncy Castle's MLS in one group: junk commits by a member and by a client that joins by
// itself, voids, and coming back by external commit. Ends with 1 if any of it fails.
//
//   node interop.mjs SERVER_JSON LOCKSTEP STATE_FOLDER
import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { Device } from './client.mjs'

const [, , announced, lockstep, states] = process.argv
const server = JSON.parse(readFileSync(announced))
const GROUP = 'interop'
const command = (...args) =>
  promisify(execFile)(lockstep, [...args, '--as', 'bob/phone', '--server', server.http, '--state', states])

function assert(condition, what) {
  if (!condition) throw new Error(`not so: ${what}`)
}

const bobs = async () => /authenticator\s+([0-9a-f]+)/.exec((await command('group', 'show', GROUP)).stdout)?.[1]

async function sameEpoch(...devices) {
  const end = Date.now() + 60_000
  for (;;) {
    const epochs = new Set(devices.map(d => d.authenticator))
    if (epochs.size === 1) return
    if (Date.now() > end) throw new Error('the members have different epochs')
    await new Promise(done => setTimeout(done, 20))
  }
}

async function sameEpochAsBob(device) {
  const end = Date.now() + 60_000
  while (await bobs() !== device.authenticator) {
    if (Date.now() > end) throw new Error('bob has another epoch')
  }
}

const devices = await Promise.all(['alice', 'carol', 'mallory', 'eve'].map(async user => {
  const device = new Device(`${user}/tab`, server)
  await device.open()
  await device.publish()
  return device
}))
const [alice, carol, mallory, eve] = devices
await command('keys', 'publish')

await alice.create(GROUP, 1)
const claimed = (await Promise.all(['carol', 'mallory', 'bob'].map(user => alice.claim(user)))).flat()
await alice.commit(claimed)
await Promise.all([carol, mallory].map(d => d.until(() => d.state)))
await sameEpoch(alice, carol, mallory)
await sameEpochAsBob(alice)
// From here on bob's device stays connected.
const bob = spawn(lockstep, ['chat', GROUP, '--as', 'bob/phone', '--server', server.http, '--state', states])
let bobRead = ''
bob.stdout.on('data', data => { bobRead += data })
bob.stderr.on('data', data => { bobRead += data })
bob.once('exit', code => { if (code !== null) console.log(`bob's device ended with ${code}: ${bobRead}`) })
try {
  console.log('joined: three members on ts-mls and one on Bouncy Castle have one epoch authenticator')

  await alice.say('hello from ts-mls')
  bob.stdin.write('hello from Bouncy Castle\n')
  await carol.until(() => carol.plaintexts.length === 2)
  await alice.until(() => bobRead.includes('hello from ts-mls'))
  console.log('messages: read in both directions')

  const kinds = {
    'random bytes': { member: () => mallory.randomCommit() },
    'a path that nobody can decrypt': { member: () => mallory.undecryptablePath() },
    'a wrong confirmation tag': {
      member: () => mallory.wrongConfirmationTag(),
      joiner: async () => {
        const { commit } = await eve.externalCommit(GROUP, false)
        commit[commit.length - 1] ^= 1
        return commit
      },
    },
  }
  for (const [kind, by] of Object.entries(kinds)) {
    for (const [author, make] of Object.entries(by)) {
      const sender = author === 'member' ? mallory : eve
      const epoch = alice.epoch
      const voids = alice.voids.length
      await alice.say(`before ${kind} by a ${author}`)
      const junk = await make()
      const begun = performance.now()
      await sender.sendJunk(junk)
      await Promise.all([alice, carol, mallory].map(d => d.until(() => d.voids.length > voids)))
      assert(alice.epoch === epoch, 'the group is in the epoch before the junk')
      await alice.commit()
      await sameEpoch(alice, carol, mallory)
      const healed = performance.now() - begun
      await carol.commit()
      await mallory.commit()
      await sameEpoch(alice, carol, mallory)
      await sameEpochAsBob(alice)
      assert(carol.plaintexts.includes(`before ${kind} by a ${author}`), 'what was accepted before is read')
      assert(devices.every(d => d.rejoins === 0), 'nobody had to come back')
      console.log(`${kind}, by a ${author}: void, and a commit that all follow, after ${healed.toFixed(0)} ms`)
    }
  }

  // Bob's device has the group as the others have it, so it can add and commit.
  await carol.comeBack()
  await sameEpoch(alice, carol, mallory)
  await sameEpochAsBob(alice)
  console.log('rejoin: a member came back by external commit from the GroupInfo of a ts-mls member')

  bob.stdin.write('the end\n')
  await Promise.all([alice, carol, mallory].map(d => d.until(() => d.plaintexts.includes('the end'))))
  console.log('messages: read by all after it')
} finally {
  bob.removeAllListeners('exit')
  bob.kill()
  devices.forEach(d => d.close())
}
