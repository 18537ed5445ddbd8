// What a newcomer sees in a browser; prints one line of JSON. `browser.cjs CHROMIUM docs BASE` opens the documentation and
// tries two operations, `browser.cjs CHROMIUM page ORIGIN URL TOKEN` fetches URL from a page of another origin.
"use strict";
const path = require("node:path");
const { chromium } = require(path.resolve(__dirname, "../contract/node_modules/playwright-core"));

const [executablePath, what, ...given] = process.argv.slice(2);
const args = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** A page, and everything it asks for, fails at or complains about. */
async function watched(browser, own) {
  const page = await (await browser.newContext({ locale: "de-DE" })).newPage();
  const seen = { requests: 0, foreign: [], failed: [], errors: [] };
  page.on("request", (request) => {
    if (!/^https?:/.test(request.url())) return;
    seen.requests += 1;
    if (!own.includes(new URL(request.url()).origin)) seen.foreign.push(request.url());
  });
  page.on("requestfailed", (request) => seen.failed.push(`${request.url()} ${request.failure()?.errorText}`));
  page.on("response", (response) => {
    // Browsers ask every origin for an icon of their own accord.
    if (response.status() >= 400 && !response.url().endsWith("/favicon.ico")) seen.failed.push(`${response.url()} ${response.status()}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error" && !message.location().url.endsWith("/favicon.ico")) seen.errors.push(message.text());
  });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  return { page, seen };
}

/** "Try it out" and "Execute" of one operation, with its path parameter if there is one. */
async function tryOut(page, operation, id) {
  const block = page.locator(`.opblock[id$="-${operation}"]`);
  await block.locator(".opblock-summary-control").first().click();
  await block.locator(".try-out__btn").click();
  if (id) await block.locator('tr[data-param-in="path"] input').fill(id);
  await block.locator(".execute").click();
  const answer = block.locator(".live-responses-table");
  await answer.locator("tr.response").first().waitFor();
  const status = (await answer.locator("tr.response .response-col_status").first().innerText()).trim().slice(0, 3);
  return { status, body: await answer.locator(".highlight-code, .microlight").first().innerText() };
}

async function docs(browser, base) {
  const { page, seen } = await watched(browser, [base]);
  await page.goto(`${base}/docs/`);
  await page.locator(".opblock").first().waitFor();
  const authorized = await page.locator(".btn.authorize.locked").waitFor().then(() => true, () => false);
  const list = await tryOut(page, "account_movement_list");
  const id = /mov_[0-9a-z]{26}/.exec(list.body)?.[0] ?? "";
  return { ...seen, authorized, list, one: await tryOut(page, "account_movement_show", id) };
}

async function page(browser, origin, url, token) {
  const { page, seen } = await watched(browser, [origin, new URL(url).origin]);
  await page.goto(origin);
  const found = await page.evaluate(async ([url, token]) => {
    try {
      const answer = await fetch(url, { headers: { ...(token && { Authorization: `Bearer ${token}` }), "Accept-Language": "de" } });
      return { status: answer.status, link: answer.headers.get("Link"), requestId: answer.headers.get("Request-Id") };
    } catch {
      return { status: null };
    }
  }, [url, token]);
  return { ...seen, ...found };
}

(async () => {
  const browser = await chromium.launch({ executablePath, args });
  try {
    console.log(JSON.stringify(await { docs, page }[what](browser, ...given)));
  } finally {
    await browser.close();
  }
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
