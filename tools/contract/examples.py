"""Writes openapi/examples.json: what a fresh demo was asked and what it answered, one example for every operation.

Run by hand when shapes change: `examples.py demo.json` with the line of JSON that `heller demo --json` prints; then
`cargo xtask openapi` takes them into the document. Secrets are replaced, long lists are cut.
"""

import json
import pathlib
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = json.loads((ROOT / "openapi/heller.json").read_text(encoding="utf-8"))
OPERATIONS = {
    operation["operationId"]: (method.upper(), path)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
}
SECRETS = {
    "password": "correct horse battery staple",
    "access_token": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.….…",
    "refresh_token": "hrt_Zm9yLXRoZS1kb2N1bWVudC1vbmx5",
    "token": "eyJhbGciOiJFZERTQSJ9.….…",
}
KEPT = 1


class Harvest:
    def __init__(self, told):
        self.url = told["url"]
        self.users = {user["role"]: user for user in told["users"]}
        self.tokens, self.examples = {}, {}
        self.reference = f"EX{time.time_ns()}"

    def ask(self, operation, body=None, role="accountant", wait=True, raw=None, query="", **ids):
        """One request; its body and its answer become the example. Returns the answer."""
        method, path = OPERATIONS[operation]
        headers = {"Content-Type": "application/octet-stream" if raw else "application/json"}
        if method != "GET":
            headers |= {"Idempotency-Key": f"{self.reference}-{time.time_ns()}"}
            headers |= {"If-Match": "*"} if method != "POST" else {}
            headers |= {"Prefer": "wait=10"} if wait else {}
        if role in self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens[role]}"
        data = raw or (None if body is None else json.dumps(body).encode())
        request = urllib.request.Request(self.url + path.format(**ids) + query, data, headers, method=method)
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{operation}: {error.code} {error.read().decode()}") from error
        text = answer.read()
        value = json.loads(text) if text else None
        example = self.examples.setdefault(operation, {})
        if body is not None:
            example.setdefault("request", told_safely(body))
        if value is not None:
            example.setdefault("responses", {}).setdefault(str(answer.status), told_safely(value))
        return value

    def listen(self, operation, query):
        """The first event of a stream that ends by itself."""
        _, path = OPERATIONS[operation]
        headers = {"Authorization": f"Bearer {self.tokens['accountant']}"}
        with urllib.request.urlopen(urllib.request.Request(self.url + path + query, headers=headers)) as answer:
            blocks = answer.read().decode().split("\n\n")
        fields = (dict(line.split(": ", 1) for line in block.splitlines() if ": " in line) for block in blocks)
        event = next(one for one in fields if "data" in one)
        self.examples[operation] = {"responses": {"200": event}}

    def log_in(self, role):
        user = self.users[role]
        answer = self.ask("auth_login", {"email": user["email"], "password": user["password"]}, role="nobody")
        self.tokens[role] = answer["access_token"]
        return answer

    def first(self, operation, query="", **ids):
        return self.ask(operation, query=query, **ids)["items"][0]


def told_safely(value, name=""):
    if isinstance(value, dict):
        return {member: told_safely(one, member) for member, one in value.items()}
    if isinstance(value, list):
        whole = name in ("lines", "acknowledged", "permissions", "roles", "did")
        return [told_safely(one) for one in (value if whole else value[:KEPT])]
    return SECRETS[name] if name in SECRETS and isinstance(value, str) else value


def eur(amount):
    return {"amount": amount, "currency": "EUR"}


def line(description, price):
    return {"description": description, "quantity": "1", "unit_price": eur(price), "tax_rate": "19"}


def sales(one):
    """Documents, payments, and a refund from start to end. The lists first: they show the demo's own data."""
    bank = one.ask("account_list", query="?provider=bank_file")["items"][0]["id"]
    sandbox = one.ask("account_list", query="?provider=sandbox")["items"][0]["id"]
    one.ask("account_show", id=bank)
    statement = (ROOT / "examples/statement.xml").read_bytes().replace(b"REFERENCE", one.reference.encode())
    one.ask("statement_import_create_raw", raw=statement, query=f"?account_id={bank}&filename=statement.xml")
    other = statement.replace(one.reference.encode(), f"{one.reference}B".encode())
    one.ask("statement_import_create_raw", raw=other, wait=False, query=f"?account_id={bank}&filename=statement.xml")
    one.ask("statement_list", query=f"?account_id={bank}")
    imported = one.examples["statement_import_create_raw"]["responses"]
    one.examples["statement_import_create"] = {"responses": dict(imported)}
    one.ask("sandbox_behaviour_set", {"mode": "accept"}, id=sandbox)
    paid = {"amount": eur("60.00"), "counterparty": {"name": "Erika Muster"}, "purpose": f"Order {one.reference}"}
    one.ask("sandbox_payment_create", paid, id=sandbox)
    pending = one.ask("sandbox_payment_create", {**paid, "purpose": "Later", "status": "pending"}, id=sandbox)
    one.ask("sandbox_payment_change", {"status": "expired"}, id=sandbox, sub_id=pending["id"])
    run = one.ask("reconciliation_run_create", {"account_ids": [sandbox]})
    one.ask("reconciliation_run_show", id=run["id"])
    one.ask("reconciliation_run_list")
    waiting = one.ask("reconciliation_run_create", {"account_ids": [bank]}, wait=False)
    one.ask("reconciliation_run_cancel", id=waiting["id"])
    waiting = one.ask("reconciliation_run_create", {"account_ids": [bank]}, wait=False)
    third = statement.replace(one.reference.encode(), f"{one.reference}C".encode())
    one.ask("reconciliation_run_item_file", raw=third, id=waiting["id"], sub_id=bank, query="?filename=statement.xml")
    waiting = one.ask("reconciliation_run_create", {"account_ids": [bank]}, wait=False)
    fourth = statement.replace(one.reference.encode(), f"{one.reference}D".encode())
    one.ask("reconciliation_run_item_file", raw=fourth, wait=False, id=waiting["id"], sub_id=bank, query="?filename=statement.xml")
    one.ask("logbook_list")
    customer = one.ask("customer_create", {"name": "Erika Muster", "email": "erika@muster.example", "iban": "DE02120300000000202051"})
    one.ask("customer_show", id=customer["id"])
    one.ask("customer_list")
    sale = {"customer_id": customer["id"], "currency": "EUR", "prices_include_tax": True}
    order = one.ask("order_create", {**sale, "lines": [line("Helmet", "60.00"), line("Bicycle bell", "40.00")]})
    invoice = one.ask("invoice_create", {"order_id": order["id"]})
    movements = one.ask("account_movement_list", query=f"?purpose={one.reference}&sort=-amount")["items"]
    by_provider = next(movement["id"] for movement in movements if movement["returnable"])
    by_bank = next(movement["id"] for movement in movements if not movement["returnable"])
    one.ask("account_movement_summary", query=f"?purpose={one.reference}")
    one.ask("account_movement_update", {"internal_comment": "Asked the customer"}, id=by_bank)
    one.ask("account_movement_hide", {"ids": [by_bank]})
    one.ask("account_movement_unhide", {"ids": [by_bank]})
    one.ask("account_movement_keep", id=by_bank)
    one.ask("account_movement_source", id=by_bank)
    target = {"type": "invoice", "id": invoice["id"]}
    assignment = one.ask("assignment_create", {"movement_id": by_provider, "target": target, "amount": eur("60.00")})
    one.ask("assignment_show", id=assignment["id"])
    one.ask("assignment_list")
    undone = one.ask("assignment_create", {"movement_id": by_bank, "target": target})
    one.ask("assignment_undo", id=undone["id"])
    one.ask("payment_create", {"target": target, "amount": eur("40.00"), "method": "cash"})
    payment = one.first("payment_list")
    one.ask("payment_show", id=payment["id"])
    assign = one.ask("assignment_run_create", {"dry_run": True})
    one.ask("assignment_run_show", id=assign["id"])
    one.ask("assignment_run_create", {"dry_run": True}, wait=False)
    one.ask("reconciliation_run_create", {"account_ids": [sandbox]}, wait=False)
    one.ask("assignment_run_list")
    wanted = {"invoice_id": invoice["id"], "lines": [{"invoice_line_id": row["id"]} for row in invoice["lines"]]}
    correction = one.ask("invoice_correction_create", wanted)
    one.ask("invoice_correction_update", {"note": "The helmet came back"}, id=correction["id"])
    one.ask("invoice_correction_line_delete", id=correction["id"], sub_id=correction["lines"][1]["id"])
    seen = {"acknowledged": ["invoice_correction", "formalisation"], "payment_disposition": "keep_for_refund"}
    one.ask("invoice_correction_formalise", seen, id=correction["id"])
    one.ask("invoice_correction_show", id=correction["id"])
    one.ask("invoice_correction_list")
    origin = {"type": "invoice_correction", "id": correction["id"]}
    refund = one.ask("refund_create", {"origin": origin, "movement_id": by_provider, "purpose": "Helmet returned"})["refunds"][0]
    one.ask("refund_update", {"internal_comment": "The customer called"}, id=refund["id"])
    one.ask("refund_send", {}, id=refund["id"])
    one.ask("refund_show", id=refund["id"])
    one.listen("event_stream", f"?subject_id={refund['id']}&wait=0")
    one.ask("refund_list")
    one.ask("sandbox_payout_list", id=sandbox)
    cancelled = one.ask("order_create", {**sale, "lines": [line("Pump", "25.00")]})
    cancellation = one.ask("cancellation_create", {"order_id": cancelled["id"], "reason": "customer_request"})["id"]
    one.ask("cancellation_show", id=cancellation)
    for operation in ("cancellation_list", "cancellation_reason_list", "order_list", "invoice_list", "journal_entry_list"):
        one.ask(operation)
    one.ask("journal_entry_show", id=one.first("journal_entry_list")["id"])
    for operation, id in (("order_show", order), ("order_balance", order), ("invoice_show", invoice), ("invoice_balance", invoice)):
        one.ask(operation, id=id["id"])
    one.ask("account_movement_show", id=by_provider)
    one.ask("account_movement_related", id=by_provider)
    for operation in ("account_movement_folders", "ledger_accounts", "ledger_proof", "ledger_trial_balance", "auth_me"):
        one.ask(operation)


def four_eyes(one):
    """What only exists when somebody else has to agree, and a send that is not awaited."""
    settings = one.ask("settings_show", role="admin")
    known = {name: settings[name] for name in ("four_eyes", "auto_assign_after_run", "auto_assign_max_age_days", "allow_return_of_unassigned")}
    one.ask("settings_replace", {**known, "four_eyes": "always"}, role="admin")
    decisions = {"refund_approve": None, "refund_reject": {"reason": "Wrong amount"}}
    for decision, body in decisions.items():
        one.ask(decision, body, id=overpaid(one, decision))
    one.ask("settings_replace", {**known, "four_eyes": "off"}, role="admin")
    one.ask("refund_send", {}, wait=False, id=overpaid(one, "refund_send"))


def overpaid(one, purpose):
    """A refund of what a customer paid too much, generated by a clerk. Its id."""
    sandbox = one.ask("account_list", query="?provider=sandbox")["items"][0]["id"]
    reference = f"{one.reference}-{purpose}"
    paid = {"amount": eur("30.00"), "counterparty": {"name": "Erika Muster"}, "purpose": reference}
    one.ask("sandbox_payment_create", paid, id=sandbox)
    one.ask("reconciliation_run_create", {"account_ids": [sandbox]})
    movement = one.ask("account_movement_list", query=f"?purpose={reference}")["items"][0]["id"]
    customer = one.ask("customer_create", {"name": "Erika Muster"})["id"]
    sale = {"customer_id": customer, "currency": "EUR", "prices_include_tax": True, "lines": [line("Pump", "25.00")]}
    target = {"type": "order", "id": one.ask("order_create", sale)["id"]}
    one.ask("assignment_create", {"movement_id": movement, "target": target, "amount": eur("25.00")})
    wanted = {"origin": {"type": "remaining_amount", "id": movement}}
    return one.ask("refund_create", wanted, role="refund_clerk")["refunds"][0]["id"]


def administration(one):
    account = one.ask("account_create", {"name": "Second bank", "provider": "bank_file", "currency": "EUR"}, role="admin")["id"]
    one.ask("account_change", {"name": "Savings bank"}, role="admin", id=account)
    one.ask("account_hide", role="admin", id=account)
    one.ask("account_unhide", role="admin", id=account)
    one.ask("account_unlock", role="admin", id=account)
    licence = told_safely(one.ask("licence_show", role="admin"))
    # The demo's licence can be neither installed again nor tried; both answer what showing it answers.
    one.examples["licence_install"] = {"request": {"token": SECRETS["token"]}, "responses": {"200": licence}}
    one.examples["licence_trial"] = {"responses": {"200": licence}}
    job = one.ask("job_list", role="admin")["items"][0]["id"]
    # There is no dead job in a healthy demo.
    one.examples["job_retry"] = {"responses": {"200": told_safely(one.ask("job_show", role="admin", id=job))}}
    for operation in ("auth_jwks", "health_live", "health_ready", "version", "problem_list"):
        one.ask(operation)
    one.ask("problem_show", code="version_mismatch")
    one.ask("meta_enums")
    one.ask("search", query="?q=Muster")
    # Changing it would lock out whoever runs this twice.
    change = {"current_password": SECRETS["password"], "new_password": "blue kettle seven rivers"}
    one.examples["auth_password_change"] = {"request": change}


def profiles(one):
    """A bank of its own making, from its profile to a sample of its files."""
    names = {"booking_date": "Tag", "amount": "Umsatz", "purpose": "Text"}
    columns = [{"field": field, "names": [name]} for field, name in names.items()]
    rules = {"dates": "day_month_year", "numbers": "comma", "columns": columns}
    made = one.ask("statement_profile_create", {"name": "Hausbank CSV", "rules": rules}, role="admin")["id"]
    one.ask("statement_profile_list")
    one.ask("statement_profile_show", id=made)
    one.ask("statement_profile_change", {"name": "Hausbank"}, role="admin", id=made)
    sample = {"text": "Tag;Text;Umsatz\n24.11.2026;RE-7;119,00\n", "currency": "EUR"}
    one.ask("statement_profile_test", sample, role="admin", id=made)
    one.ask("statement_profile_delete", role="admin", id=made)


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    one = Harvest(json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")))
    tokens = one.log_in("accountant")
    one.log_in("admin")
    one.log_in("refund_clerk")
    sales(one)
    four_eyes(one)
    administration(one)
    profiles(one)
    one.ask("auth_refresh", {"refresh_token": tokens["refresh_token"]})
    file = ROOT / "openapi/examples.json"
    file.write_text(json.dumps(dict(sorted(one.examples.items())), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    without = sorted(set(OPERATIONS) - set(one.examples))
    print(f"{len(one.examples)} operations have examples; without: {', '.join(without)}")


if __name__ == "__main__":
    main()
