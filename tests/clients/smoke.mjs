// What programs do with the two common clients for Node: node smoke.mjs PORT. Exits 0 when all of it went well.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const Redis = require('ioredis');
const { createClient } = require('redis');
const port = Number(process.argv[2]);
const host = '127.0.0.1';

async function useIoredis() {
  const client = new Redis({ port, host });
  await client.flushall();
  assert.equal(await client.set('a', '1'), 'OK');
  assert.equal(await client.get('a'), '1');
  assert.equal(await client.get('missing'), null);
  assert.equal(await client.incr('a'), 2);
  assert.equal(await client.set('a', 'x', 'EX', 100, 'NX'), null);
  assert.deepEqual(await client.mget('a', 'missing'), ['2', null]);
  assert.deepEqual(await client.getBuffer('a'), Buffer.from('2'));
  assert.deepEqual(await client.multi().set('b', '1').incr('b').get('b').exec(),
    [[null, 'OK'], [null, 2], [null, '2']]);
  const piped = client.pipeline();
  for (let i = 0; i < 1000; i++) piped.set(`key:${i}`, 'v'.repeat(i));
  assert.ok((await piped.exec()).every(([error, reply]) => error === null && reply === 'OK'));
  assert.equal((await client.get('key:999')).length, 999);
  const found = new Set();
  for await (const keys of client.scanStream({ match: 'key:*', count: 100 })) keys.forEach((key) => found.add(key));
  assert.equal(found.size, 1000);
  await assert.rejects(client.call('NOSUCH'), /unknown command/);
  assert.match(await client.info(), /redis_version/);
  await client.expire('a', 100);
  assert.ok(await client.ttl('a') > 90);
  await client.quit();
}

async function useNodeRedis(RESP) {
  const client = await createClient({ socket: { port, host }, RESP, name: 'smoke' }).connect();
  await client.flushAll();
  assert.equal(await client.set('a', '1'), 'OK');
  assert.equal(await client.get('a'), '1');
  assert.equal(await client.get('missing'), null);
  assert.equal(await client.incrBy('a', 41), 42);
  assert.deepEqual(await client.mGet(['a', 'missing']), ['42', null]);
  assert.deepEqual(await client.multi().set('b', '1').incr('b').get('b').exec(), ['OK', 2, '2']);
  const replies = await Promise.all(Array.from({ length: 1000 }, (_, i) => client.set(`key:${i}`, `${i}`)));
  assert.ok(replies.every((reply) => reply === 'OK'));
  const found = new Set();
  for await (const keys of client.scanIterator({ MATCH: 'key:*', COUNT: 100 })) keys.forEach((key) => found.add(key));
  assert.equal(found.size, 1000);
  await assert.rejects(client.sendCommand(['NOSUCH']), /unknown command/);
  assert.equal(await client.del(['a', 'b', 'missing']), 2);
  assert.equal(await client.clientGetName(), 'smoke');
  assert.equal(typeof (await client.configGet('maxmemory')).maxmemory, 'string');
  await client.close();
}

await useIoredis();
await useNodeRedis(2);
await useNodeRedis(3);
console.log('ok');
