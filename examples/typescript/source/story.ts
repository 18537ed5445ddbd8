// One refund from start to end: log in, upload a statement, assign two payments, correct the invoice, pay the money back.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/heller.js";

const { HELLER_URL: baseUrl = "http://127.0.0.1:8686", HELLER_EMAIL: email = "", HELLER_PASSWORD: password = "" } = process.env;
const api = createClient<paths>({ baseUrl });
const eur = (amount: string) => ({ amount, currency: "EUR" });
const keyed = () => ({ header: { "Idempotency-Key": crypto.randomUUID() } });
/** The answer, or the server's own words about what is wrong. */
async function ok<T>(call: Promise<{ data?: T; error?: components["schemas"]["Problem"] | undefined }>): Promise<T> {
  const { data, error } = await call;
  if (error || data === undefined) throw new Error(error ? `${error.status} ${error.code}: ${error.detail}` : "no answer");
  return data;
}
function first<T>(items: T[]): T {
  if (items[0] === undefined) throw new Error("nothing was found");
  return items[0];
}
const tokens = await ok(api.POST("/v1/auth/login", { body: { email, password } }));
api.use({ onRequest: ({ request }) => request.headers.set("Authorization", `Bearer ${tokens.access_token}`) });
const accountOf = async (provider: "bank_file" | "sandbox") =>
  first((await ok(api.GET("/v1/payment-accounts", { params: { query: { provider } } }))).items).id;
const bank = await accountOf("bank_file");
const sandbox = await accountOf("sandbox");

// 40.00 arrive by bank statement. The import runs in the background: look until it has ended.
const reference = `TS${Date.now()}`;
const file = readFileSync(new URL("../../statement.xml", import.meta.url), "utf8").replaceAll("REFERENCE", reference);
const form = new FormData();
form.set("account_id", bank);
form.set("file", new Blob([file], { type: "application/xml" }), "statement.xml");
let run = await ok(api.POST("/v1/statement-imports", { body: { account_id: bank, file }, bodySerializer: () => form }));
for (; run.status === "waiting" || run.status === "running"; await sleep(200))
  run = await ok(api.GET("/v1/reconciliation-runs/{id}", { params: { path: { id: run.id } } }));

// 60.00 arrive through the provider; a run fetches them, and the answer waits for it.
const paid = { amount: eur("60.00"), purpose: `Order ${reference}`, counterparty: { name: "Erika Muster" } };
await ok(api.POST("/v1/sandbox/{id}/payments", { params: { path: { id: sandbox }, ...keyed() }, body: paid }));
await ok(api.POST("/v1/reconciliation-runs", { params: { header: { Prefer: "wait=10" } }, body: { account_ids: [sandbox] } }));

// What both of them pay for: an order over 100.00, and its invoice.
const customer = await ok(api.POST("/v1/customers", { body: { name: "Erika Muster" } }));
const goods = { "Bicycle bell": "40.00", Helmet: "60.00" };
const lines = Object.entries(goods).map(([description, price]) => ({ description, quantity: "1", unit_price: eur(price), tax_rate: "19" }));
const sale = { customer_id: customer.id, currency: "EUR", prices_include_tax: true, lines };
const order = await ok(api.POST("/v1/orders", { body: sale }));
const invoice = await ok(api.POST("/v1/invoices", { params: keyed(), body: { order_id: order.id } }));
const { items: movements } = await ok(api.GET("/v1/account-movements", { params: { query: { purpose: reference } } }));
for (const { id: movement_id } of movements)
  await ok(api.POST("/v1/assignments", { params: keyed(), body: { movement_id, target: { type: "invoice", id: invoice.id } } }));

// The helmet comes back: correct its line, make the correction a document, and send the money the way it came.
const helmet = first(invoice.lines.filter((line) => line.description === "Helmet"));
const returned = { invoice_id: invoice.id, lines: [{ invoice_line_id: helmet.id }] };
const { id } = await ok(api.POST("/v1/invoice-corrections", { body: returned }));
await ok(api.POST("/v1/invoice-corrections/{id}/formalise", { params: { path: { id }, ...keyed() },
  body: { acknowledged: ["invoice_correction", "formalisation"], payment_disposition: "keep_for_refund" } }));
const source = first(movements.filter((movement) => movement.returnable));
const wanted = { origin: { type: "invoice_correction", id }, movement_id: source.id } as const;
let refund = first((await ok(api.POST("/v1/refunds", { params: keyed(), body: wanted }))).refunds);
const path = { id: refund.id };
refund = await ok(api.POST("/v1/refunds/{id}/send", { params: { path, ...keyed() }, body: {} }));
for (; refund.status === "sending"; await sleep(200)) refund = await ok(api.GET("/v1/refunds/{id}", { params: { path } }));
if (refund.status !== "sent") throw new Error(`${refund.status}: ${refund.last_error?.detail}`);
console.log(`Refund ${refund.number} over ${refund.amount.amount} ${refund.amount.currency} is ${refund.status}.`);
