// Makes openapi/postman/ from openapi/heller.json: one folder that tells the story with assertions, and one request for
// every operation. `node postman.cjs` writes the files, `--check` fails when they are not what it would write.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { convert } = require("openapi-to-postmanv2");

const root = path.resolve(__dirname, "../..");
const api = JSON.parse(fs.readFileSync(path.join(root, "openapi/heller.json"), "utf8"));
const statement = fs.readFileSync(path.join(root, "examples/statement.xml"), "utf8").replaceAll("REFERENCE", "{{reference}}");

/** Which variable stands for an id, by the id's prefix. The story fills them. */
const VARIABLE_OF = {
  acc: "bank_account_id", asg: "assignment_id", cor: "correction_id", cus: "customer_id", iln: "invoice_line_id",
  inv: "invoice_id", lin: "correction_line_id", mov: "movement_id", ord: "order_id", rfd: "refund_id", run: "run_id",
};
const operations = new Map();
for (const [route, item] of Object.entries(api.paths))
  for (const [method, operation] of Object.entries(item))
    operations.set(operation.operationId, { ...operation, route, method: method.toUpperCase() });

function resolve(schema) {
  return schema.$ref ? api.components.schemas[schema.$ref.split("/").pop()] : schema;
}

/** A value that fits a schema: its example, else its first choice; optional members only where they have an example. */
function sample(schema, name = "") {
  const found = resolve(schema);
  const example = found.example ?? found.examples?.[0] ?? found.default ?? found.const ?? found.enum?.[0];
  if (example !== undefined) return chained(example);
  const part = (found.oneOf ?? found.anyOf ?? []).find((one) => one.type !== "null");
  if (part) return sample(part, name);
  if (found.allOf) return Object.assign({}, ...found.allOf.map((one) => sample(one)));
  const type = [found.type].flat().find((one) => one !== "null");
  if (type === "array") return [sample(found.items, name)];
  if (type === "boolean") return false;
  if (type === "integer" || type === "number") return found.minimum ?? 1;
  if (type !== "object") return name || "text";
  const needed = Object.entries(found.properties ?? {}).filter(([member]) => found.required?.includes(member));
  return Object.fromEntries(needed.map(([member, value]) => [member, sample(value, member)]));
}

function chained(example) {
  if (Array.isArray(example)) return example.map(chained);
  if (example && typeof example === "object") return Object.fromEntries(Object.entries(example).map(([name, value]) => [name, chained(value)]));
  const prefix = typeof example === "string" && /^([a-z]{3})_[0-9a-z]{26}$/.exec(example)?.[1];
  return prefix && VARIABLE_OF[prefix] ? `{{${VARIABLE_OF[prefix]}}}` : example;
}

function header(name) {
  return { "Idempotency-Key": "{{$guid}}", "If-Match": "*", Prefer: "wait=10" }[name];
}

/** What the body of a request for this operation looks like in Postman. */
function bodyOf(operation, json) {
  const content = operation.requestBody?.content ?? {};
  if (content["application/json"]) {
    const media = content["application/json"];
    const value = json ?? (media.example === undefined ? sample(media.schema) : chained(media.example));
    return { mode: "raw", raw: JSON.stringify(value, null, 2), options: { raw: { language: "json" } } };
  }
  if (content["application/octet-stream"]) return { mode: "raw", raw: statement, options: { raw: { language: "xml" } } };
  if (content["multipart/form-data"]) {
    const file = { key: "file", type: "file", src: "examples/statement.xml" };
    return { mode: "formdata", formdata: [{ key: "account_id", value: "{{bank_account_id}}", type: "text" }, file] };
  }
  return undefined;
}

function typeOf(operation) {
  return Object.keys(operation.requestBody?.content ?? {}).find((type) => type !== "multipart/form-data");
}

/** What is asked of a stream, which need not end by itself: the present, and then the end. */
function bounded(operation, name) {
  return name === "wait" && operation.responses["200"]?.content?.["text/event-stream"] ? "0" : undefined;
}

/** A request for an operation; `given` holds what the story knows better than the document. */
function request(operation, given = {}) {
  const parameters = operation.parameters ?? [];
  const of = (place) => parameters.filter((parameter) => parameter.in === place);
  const value = (one) => String(chained(one.example ?? "") || sample(one.schema, one.name));
  const ids = operation.route.startsWith("/v1/sandbox/") ? { id: "{{sandbox_account_id}}" } : {};
  const headers = of("header").filter((one) => header(one.name)).map((one) => ({ key: one.name, value: header(one.name) }));
  if (typeOf(operation)) headers.push({ key: "Content-Type", value: typeOf(operation) });
  const body = bodyOf(operation, given.body);
  return {
    method: operation.method,
    description: operation.description,
    ...(operation.security.every((way) => !way.bearer) ? { auth: { type: "noauth" } } : {}),
    header: headers,
    url: {
      host: ["{{base_url}}"],
      path: operation.route.slice(1).split("/").map((part) => part.replace(/^\{(.*)\}$/, ":$1")),
      query: of("query").map((one) => {
        const told = given.query?.[one.name] ?? bounded(operation, one.name);
        return { key: one.name, value: told ?? value(one), description: one.description ?? "", disabled: told === undefined && !one.required };
      }),
      variable: of("path").map((one) => ({ key: one.name, value: given.path?.[one.name] ?? ids[one.name] ?? pathValue(operation, one) })),
    },
    ...(body ? { body } : {}),
  };
}

/** Ids in paths of the reference: the story's, else one that exists nowhere, which is a documented 404. */
function pathValue(operation, parameter) {
  return parameter.name === "code" ? "version_mismatch" : String(sample(parameter.schema, parameter.name));
}

function script(listen, lines) {
  return { listen, script: { type: "text/javascript", exec: lines } };
}

function step(name, id, status, given = {}) {
  const operation = operations.get(id);
  if (!operation) throw new Error(`the story calls ${id}, which the document does not have`);
  const tests = [`pm.test(${JSON.stringify(`${name}: ${status}`)}, () => pm.response.to.have.status(${status}));`, "const answer = pm.response.json();"];
  for (const [variable, expression] of Object.entries(given.save ?? {})) tests.push(`pm.collectionVariables.set("${variable}", ${expression});`);
  for (const [text, expression] of Object.entries(given.expect ?? {})) tests.push(`pm.test(${JSON.stringify(text)}, () => pm.expect(${expression}).to.equal(true));`);
  const events = [script("test", tests)];
  if (given.before) events.unshift(script("prerequest", given.before));
  return { name, event: events, request: request(operation, given) };
}

const eur = (amount) => ({ amount, currency: "EUR" });
const line = (description, price) => ({ description, quantity: "1", unit_price: eur(price), tax_rate: "19" });
const assign = (movement) => ({ movement_id: movement, target: { type: "invoice", id: "{{invoice_id}}" } });

function story() {
  const steps = [
    step("Log in", "auth_login", 200, {
      body: { email: "{{email}}", password: "{{password}}" },
      before: ['pm.collectionVariables.set("reference", "PM" + Date.now());'],
      save: { access_token: "answer.access_token", refresh_token: "answer.refresh_token" },
    }),
    step("Find the accounts", "account_list", 200, {
      save: {
        bank_account_id: 'answer.items.find((one) => one.provider === "bank_file").id',
        sandbox_account_id: 'answer.items.find((one) => one.provider === "sandbox").id',
      },
    }),
    step("Upload a statement", "statement_import_create_raw", 200, {
      query: { account_id: "{{bank_account_id}}", filename: "statement.xml" },
      save: { run_id: "answer.id" },
      expect: { "one entry was read": "answer.items[0].counts.created === 1" },
    }),
    step("A customer pays through the provider", "sandbox_payment_create", 201, {
      body: { amount: eur("60.00"), counterparty: { name: "Erika Muster" }, purpose: "Order {{reference}}" },
    }),
    step("Fetch the payment", "reconciliation_run_create", 200, {
      body: { account_ids: ["{{sandbox_account_id}}"] },
      expect: { "the run has finished": 'answer.status === "finished"' },
    }),
    step("Find both movements", "account_movement_list", 200, {
      query: { purpose: "{{reference}}" },
      save: {
        movement_id: "answer.items.find((one) => one.returnable).id",
        bank_movement_id: "answer.items.find((one) => !one.returnable).id",
      },
      expect: { "there are two": "answer.items.length === 2" },
    }),
    step("Make a customer", "customer_create", 201, { body: { name: "Erika Muster" }, save: { customer_id: "answer.id" } }),
    step("Make an order", "order_create", 201, {
      body: {
        customer_id: "{{customer_id}}", currency: "EUR", prices_include_tax: true,
        lines: [line("Bicycle bell", "40.00"), line("Helmet", "60.00")],
      },
      save: { order_id: "answer.id" },
    }),
    step("Make its invoice", "invoice_create", 201, {
      body: { order_id: "{{order_id}}" },
      save: { invoice_id: "answer.id", invoice_line_id: 'answer.lines.find((one) => one.description === "Helmet").id' },
    }),
    step("Assign the bank's payment", "assignment_create", 201, { body: assign("{{bank_movement_id}}") }),
    step("Assign the provider's payment", "assignment_create", 201, {
      body: assign("{{movement_id}}"),
      save: { assignment_id: "answer.id" },
    }),
    step("The invoice is paid", "invoice_show", 200, { expect: { paid: 'answer.status === "paid" && answer.balance_due.amount === "0.00"' } }),
    step("Correct one line", "invoice_correction_create", 201, {
      body: { invoice_id: "{{invoice_id}}", lines: [{ invoice_line_id: "{{invoice_line_id}}" }] },
      save: { correction_id: "answer.id", correction_line_id: "answer.lines[0].id" },
    }),
    step("Make the correction a document", "invoice_correction_formalise", 200, {
      body: { acknowledged: ["invoice_correction", "formalisation"], payment_disposition: "keep_for_refund" },
      expect: { "60.00 can be refunded": 'answer.refundable_amount.amount === "60.00"' },
    }),
    step("More than that cannot be refunded", "refund_create", 422, {
      body: { origin: { type: "invoice_correction", id: "{{correction_id}}" }, movement_id: "{{movement_id}}", amount: eur("60.01") },
      expect: { "the code says so": 'answer.code === "amount_exceeds_refundable_amount"' },
    }),
    step("Generate the refund", "refund_create", 201, {
      body: { origin: { type: "invoice_correction", id: "{{correction_id}}" }, movement_id: "{{movement_id}}" },
      save: { refund_id: "answer.refunds[0].id" },
    }),
    step("Send it, and wait for the provider", "refund_send", 200, { body: {}, expect: { sent: 'answer.status === "sent"' } }),
    step("Fetch the provider's outgoing payment", "reconciliation_run_create", 200, { body: { account_ids: ["{{sandbox_account_id}}"] } }),
    step("The refund is confirmed", "refund_show", 200, { expect: { confirmed: 'answer.status === "confirmed"' } }),
  ];
  return { name: "Story: one refund from start to end", description: "Runs by itself, as often as you like.", item: steps };
}

/** Every operation once. Its answer has a documented status; examples of ids that nobody filled are a documented 404. */
function reference(converted) {
  const known = new Map([...operations.values()].map((operation) => [`${operation.method} ${operation.route}`, operation]));
  const folders = converted.item.map((folder) => {
    const item = folder.item.map((one) => {
      const route = `/${one.request.url.path.join("/").replace(/:([a-z_]+)/g, "{$1}")}`;
      const operation = known.get(`${one.request.method} ${route}`);
      if (!operation) throw new Error(`the conversion made ${one.request.method} ${route}`);
      known.delete(`${one.request.method} ${route}`);
      const statuses = Object.keys(operation.responses).map(Number);
      const test = `pm.test("the status is documented", () => pm.expect(${JSON.stringify(statuses)}).to.include(pm.response.code));`;
      const answered = 'pm.test("no failure of the server", () => pm.expect(pm.response.code).to.be.below(500));';
      return { name: operation.summary, event: [script("test", [test, answered])], request: request(operation, GIVEN[operation.operationId]) };
    });
    return { name: folder.name, item };
  });
  if (known.size > 0) throw new Error(`the conversion lost ${[...known.keys()].join(", ")}`);
  // Webhooks are sent by the server: their folder would be empty.
  return folders.filter((folder) => folder.item.length > 0);
}

/** Where a sample of the schema would be refused, or stop the story from running again. */
const GIVEN = {
  auth_login: { body: { email: "{{email}}", password: "{{password}}" } },
  auth_refresh: { body: { refresh_token: "{{refresh_token}}" } },
  statement_import_create_raw: { query: { account_id: "{{bank_account_id}}" } },
};

function collection(converted) {
  // Logging out ends the session that all others need: it comes last.
  const folders = reference(converted);
  const access = folders.find((folder) => folder.item.some((one) => one.request.url.path.at(-1) === "logout"));
  const rest = folders.filter((folder) => folder !== access);
  access.item.sort((one, other) => Number(one.request.url.path.at(-1) === "logout") - Number(other.request.url.path.at(-1) === "logout"));
  const names = [...new Set(["access_token", "refresh_token", "reference", "sandbox_account_id", "bank_movement_id", ...Object.values(VARIABLE_OF)])];
  return {
    info: {
      name: "Heller",
      description: `${api.info.description}\n\nSet the variables email and password (the demo prints both) and run the story first: it logs in and fills the ids that the other folders use. base_url is the server that the collection was fetched from; an environment overrides all three.`,
      schema: converted.info.schema,
      version: api.info.version,
    },
    auth: { type: "bearer", bearer: [{ key: "token", value: "{{access_token}}", type: "string" }] },
    variable: [...environment.values.map(({ key, value }) => ({ key, value })), ...names.map((key) => ({ key, value: "" }))],
    item: [story(), ...rest, access],
  };
}

const environment = {
  name: "Heller demo",
  values: [
    { key: "base_url", value: "http://127.0.0.1:8686", enabled: true },
    { key: "email", value: "accountant@demo.example", enabled: true },
    { key: "password", value: "", type: "secret", enabled: true },
  ],
  _postman_variable_scope: "environment",
};

convert({ type: "json", data: api }, { folderStrategy: "Tags" }, (error, result) => {
  if (error || !result.result) throw error ?? new Error(result.reason);
  const files = {
    "heller.postman_collection.json": collection(result.output[0].data),
    "heller-demo.postman_environment.json": environment,
  };
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, "openapi/postman", name);
    const text = `${JSON.stringify(content, null, 2)}\n`;
    if (!process.argv.includes("--check")) fs.writeFileSync(file, text);
    else if (!fs.existsSync(file) || fs.readFileSync(file, "utf8") !== text) {
      console.error(`${path.relative(root, file)} is out of date; run \`node tools/contract/postman.cjs\``);
      process.exitCode = 1;
    }
  }
});
