import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CookieJar } from './cookies.js';

const cabinet = new URL('http://127.0.0.1:8080/auth/login');

/** @type {Array<{name: string, set: string[], from?: string, ask: string, want: string}>} */
const cases = [
  { name: 'sends what was set', set: ['a=1; Path=/'], ask: 'http://127.0.0.1:8080/graphql', want: 'a=1' },
  { name: 'shares a host among its ports', set: ['a=1; Path=/'], ask: 'http://127.0.0.1:8090/', want: 'a=1' },
  { name: 'keeps hosts apart', set: ['a=1; Path=/'], ask: 'http://localhost:8080/', want: '' },
  { name: 'keeps paths apart', set: ['a=1; Path=/auth'], ask: 'http://127.0.0.1:8080/authority', want: '' },
  { name: 'covers what is below a path', set: ['a=1; Path=/auth'], ask: 'http://127.0.0.1:8080/auth/session', want: 'a=1' },
  { name: 'takes the directory for the path', set: ['a=1'], ask: 'http://127.0.0.1:8080/graphql', want: '' },
  { name: 'keeps equals signs in values', set: ['a=b=c==; Path=/'], ask: 'http://127.0.0.1:8080/', want: 'a=b=c==' },
  { name: 'replaces', set: ['a=1; Path=/', 'a=2; Path=/'], ask: 'http://127.0.0.1:8080/', want: 'a=2' },
  { name: 'removes by Max-Age', set: ['a=1; Path=/', 'a=; Path=/; Max-Age=0'], ask: 'http://127.0.0.1:8080/', want: '' },
  { name: 'removes by a date', set: ['a=1; Path=/', 'a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT'], ask: 'http://127.0.0.1:8080/', want: '' },
  { name: 'puts the longest path first', set: ['a=1; Path=/', 'b=2; Path=/auth'], ask: 'http://127.0.0.1:8080/auth/x', want: 'b=2; a=1' },
  { name: 'lets a Secure cookie go to loopback', set: ['__Host-s=1; Path=/; Secure; HttpOnly'], ask: 'http://127.0.0.1:8080/', want: '__Host-s=1' },
  { name: 'refuses Secure from plain http', from: 'http://cabinet.example/', set: ['a=1; Path=/; Secure'], ask: 'https://cabinet.example/', want: '' },
  { name: 'refuses __Host- without Secure', set: ['__Host-s=1; Path=/'], ask: 'http://127.0.0.1:8080/', want: '' },
  { name: 'refuses a Domain', from: 'https://a.example/', set: ['a=1; Path=/; Domain=example'], ask: 'https://a.example/', want: '' },
];

for (const { name, set, from, ask, want } of cases) {
  it(name, () => {
    const jar = new CookieJar();
    jar.store(from ? new URL(from) : cabinet, set);
    assert.equal(jar.header(new URL(ask)), want);
  });
}
