// The playground in a real browser: it loads, keeps to its origin and its policy, and runs an operation.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { buildClientSchema, parse, validate } from 'graphql';
import { chromium } from 'playwright-core';
import { chromiumPath, serverUrl } from './environment.mjs';

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describe('the playground', { timeout: 120_000 }, () => {
  const origin = new URL(serverUrl()).origin;
  /** @type {import('playwright-core').Browser} */
  let browser;

  before(async () => {
    browser = await chromium.launch({ executablePath: chromiumPath(), headless: true, args: quiet });
  });

  after(() => browser?.close());

  it('keeps to its origin and its policy, and runs an operation', async () => {
    const { page, faults, foreign } = await open();

    await page.getByRole('status').filter({ hasText: 'Вы не вошли' }).waitFor();
    const login = page.getByRole('link', { name: 'Войти' });
    assert.equal(await login.getAttribute('href'), '/auth/login?return_to=/playground/');

    const answer = await run(page, faults, '{ __typename }');
    assert.match(answer, /"__typename":\s*"Query"/);

    assert.deepEqual(foreign, []);
    assert.deepEqual(faults, []);
    await screenshot(page);
  });

  it('opens with the example operations, all valid in the schema of the server', async () => {
    const { page, faults, schema } = await open();

    const tabs = page.getByRole('tab');
    await tabs.first().waitFor();
    assert.deepEqual(await tabs.allInnerTexts(), ['Dashboard', 'SaveAppealDraft', 'SubmitAppeal', 'StatusChanged', 'Notices']);

    const examples = new URL('../playground/operations/', import.meta.url);
    for (const name of (await readdir(examples)).filter((it) => it.endsWith('.graphql'))) {
      const operation = parse(await readFile(new URL(name, examples), 'utf8'));
      assert.deepEqual(validate(schema, operation).map(String), [], name);
    }
    assert.deepEqual(faults, []);
  });

  it('marks what the schema does not know', async () => {
    const { page, faults } = await open();

    await write(page, '{ nothingOfThisName }');
    await page.locator('.graphiql-query-editor .squiggly-error').first().waitFor();

    assert.deepEqual(faults, []);
  });

  it('lets a person in, answers them, and opens a subscription', async () => {
    const { page, faults, foreign } = await open({ persona: 'ivanova' });

    await page.getByRole('status').filter({ hasText: 'Вы вошли' }).waitFor();

    await openTab(page, 'Dashboard');
    const dashboard = await execute(page, faults, (timeout) =>
      page.waitForResponse((response) => response.request().postData()?.includes('query Dashboard') ?? false, { timeout }),
    );
    const { data, errors } = await dashboard.json();
    assert.equal(errors, undefined);
    assert.ok(data.viewer.person, 'the dashboard has no person');

    await openTab(page, 'StatusChanged');
    const socket = await execute(page, faults, (timeout) => page.waitForEvent('websocket', { timeout }));
    assert.equal(new URL(socket.url()).pathname, '/graphql');
    // There to be stopped only while the subscription runs.
    await page.getByRole('button', { name: /Stop query/ }).click();

    assert.deepEqual(foreign, []);
    assert.deepEqual(faults, []);
  });

  /**
   * Opens the playground in a browser of its own: no cookies, nothing stored.
   *
   * @param {{persona?: string}} [options] who logs in first; nobody by default
   */
  async function open({ persona } = {}) {
    const context = await browser.newContext({ locale: 'ru-RU', viewport: { width: 1280, height: 800 } });
    if (persona) {
      await logIn(context, persona);
    }
    const page = await context.newPage();
    /** @type {string[]} */
    const faults = [];
    /** @type {string[]} */
    const foreign = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      // The browser itself writes of every answer 401; to a question about the session that is a plain no.
      const isAnswerNo = message.location().url === `${origin}/auth/session`;
      if (message.type() === 'error' && !isAnswerNo) {
        faults.push(message.text());
      }
    });
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.origin !== origin && !['data:', 'blob:'].includes(url.protocol)) {
        foreign.push(url.origin);
      }
    });
    page.on('websocket', (socket) => {
      if (new URL(socket.url()).host !== new URL(origin).host) {
        foreign.push(socket.url());
      }
    });
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });

    const introspection = page.waitForResponse((response) => response.request().postData()?.includes('IntrospectionQuery') ?? false);
    const response = await page.goto(`${origin}/playground/`);
    assert.equal(response?.status(), 200);
    assert.ok((await response?.headerValue('content-security-policy'))?.includes("script-src 'self'"), 'there is no strict policy');
    const { data } = await (await introspection).json();
    return { page, faults, foreign, schema: buildClientSchema(data) };
  }

  /**
   * Goes through the login as a person does: chooses the demo person on the page of the provider.
   *
   * @param {import('playwright-core').BrowserContext} context
   * @param {string} persona
   */
  async function logIn(context, persona) {
    const page = await context.newPage();
    await page.goto(`${origin}/auth/login?return_to=/playground/`);
    await page.locator(`a.person[href*="persona=${persona}"]`).click();
    await page.waitForURL(`${origin}/playground/`);
    await page.close();
  }
});

/**
 * Writes an operation into a new tab, runs it and reads the answer.
 *
 * @param {import('playwright-core').Page} page
 * @param {string[]} faults those of the page
 * @param {string} operation
 */
async function run(page, faults, operation) {
  await write(page, operation);
  await execute(page, faults, (timeout) => page.waitForResponse((response) => response.request().postDataJSON()?.query === operation, { timeout }));
  const answer = page.locator('.graphiql-response .view-lines', { hasText: 'data' });
  await answer.waitFor();
  // Monaco writes spaces as no-break spaces.
  return (await answer.innerText()).replaceAll('\u00a0', ' ');
}

/**
 * @param {import('playwright-core').Page} page
 * @param {string} operation
 */
async function write(page, operation) {
  await page.getByRole('button', { name: 'New tab' }).click();
  await page.locator('.graphiql-query-editor .view-lines').click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.insertText(operation);
}

/**
 * Goes to a tab and waits until its operation is in the editor: executed sooner, it would be the one before.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} operation
 */
async function openTab(page, operation) {
  await page.getByRole('tab', { name: operation }).click();
  await page.locator('.graphiql-query-editor .view-lines', { hasText: operation }).waitFor();
}

/**
 * Executes what is in the editor. GraphiQL reads an operation a moment after it was written and executes what it has
 * read, so a click that comes sooner is repeated, as a person would. What it sent too soon, the text of one operation
 * with the name of another, the server refuses, and the browser writes of that: it is no fault of the page.
 *
 * @template T
 * @param {import('playwright-core').Page} page
 * @param {string[]} faults those of the page
 * @param {(timeout: number) => Promise<T>} happened awaits what the execution causes
 * @returns {Promise<T>}
 */
async function execute(page, faults, happened) {
  for (let clicks = 0; clicks < 10; clicks++) {
    const tooSoon = faults.findIndex((fault) => clicks > 0 && fault.includes('status of 400'));
    if (tooSoon >= 0) {
      faults.splice(tooSoon, 1);
    }
    const awaited = happened(3000).catch(() => undefined);
    await page.getByRole('button', { name: /Execute query/ }).click();
    const event = await awaited;
    if (event !== undefined) {
      return event;
    }
  }
  throw new Error('nothing was executed');
}

/**
 * Keeps a picture where KABINET_E2E_SCREENSHOT says, when it says so.
 *
 * @param {import('playwright-core').Page} page
 */
async function screenshot(page) {
  const file = process.env.KABINET_E2E_SCREENSHOT;
  if (file) {
    await page.screenshot({ path: file });
  }
}
