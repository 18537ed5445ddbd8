"""The second five minutes: imports, a kill, settings, secrets, the log and the end."""

import json
import re
import signal
import socket
import threading
import uuid

from stage import IBAN, PASSWORD, PROGRAM, call, large_statement, login, shipped_statement, until

# Enough for an import to be still running when something happens to it.
MANY = 80_000 if "/release/" in PROGRAM else 8_000
# Longest graceful stop, with a little for the machine.
STOP_SECONDS = 5.5
# Known to nobody but the statement: they must not be in a log.
PEOPLE = ["Erika Muster", "DE02120300000000202051", IBAN]


def reference():
    return uuid.uuid4().hex[:12].upper()


def upload(demo, statement, token=None, **headers):
    path = f"/v1/statement-imports/raw?account_id={demo.account()}&filename=statement.xml"
    headers.setdefault("Content_Type", "application/xml")
    return call(demo.base, "POST", path, statement.encode(), token or demo.token(), **headers)


def run_of(demo, token, run_id):
    return call(demo.base, "GET", f"/v1/reconciliation-runs/{run_id}", token=token).expect(200).json


def settled(demo, token, run_id, seconds=60):
    """The run at its end, and every state of its progress that was seen on the way."""
    steps = []

    def look():
        run = run_of(demo, token, run_id)
        if run["progress"] not in steps:
            steps.append(run["progress"])
        return run if run["status"] not in ("running", "waiting") else None
    return until(look, seconds, "the end of the import"), steps


def imports(stage):
    demo, token = stage.demo, stage.demo.token()
    said = [by_curl(stage, demo, token), by_command(stage, demo)]
    if "/v1/events/stream" in call(demo.base, "GET", "/openapi.json").json["paths"]:
        said.append(by_events(demo, token))
    return "; ".join(said)


def by_curl(stage, demo, token):
    """Uploads the shipped file, and a larger one whose progress is polled."""
    (stage.folder / "statement.xml").write_text(shipped_statement(reference()))
    form = ["-F", f"account_id={demo.account()}", "-F", "file=@statement.xml;type=application/xml"]
    begun = stage.run(["curl", "-s", f"{demo.base}/v1/statement-imports", "-H", f"Authorization: Bearer {token}", *form])
    run, _ = settled(demo, token, json.loads(begun.stdout)["id"])
    assert run["status"] == "finished" and run["items"][0]["counts"]["created"] == 1, run
    large = upload(demo, large_statement(reference(), 3000), token).expect(202).json
    run, steps = settled(demo, token, large["id"])
    assert run["items"][0]["counts"]["created"] == 3000, run
    phases = {step["phase"] for step in steps}
    assert len(steps) >= 3 and {"importing", "done"} <= phases, steps
    return f"curl: {len(steps)} steps polled"


def by_command(stage, demo):
    (stage.folder / "command.xml").write_text(large_statement(reference(), 1500))
    where = {"HELLER_DATA_DIR": str(demo.folder / "heller-data")}
    piped = stage.heller("import", "command.xml", "--progress", "--lang", "en", **where)
    assert piped.stdout == "1500 new, 0 known, 0 assigned\n", piped.stdout
    steps = [json.loads(line) for line in piped.stderr.splitlines()]
    assert steps[0]["phase"] == "reading" and steps[-1]["phase"] == "done" and len(steps) >= 3, steps
    (stage.folder / "bar.xml").write_text(large_statement(reference(), 1500))
    terminal = stage.start("import", "bar.xml", "--lang", "de", terminal=True, **where)
    assert terminal.process.wait(timeout=60) == 0, terminal.err
    terminal.end()
    stage.note(repr(terminal.err))
    assert "#" in terminal.err and "100 %" in terminal.err and "\r" in terminal.err, terminal.err
    assert terminal.out == "1500 neu, 0 bekannt, 0 zugewiesen\n", terminal.out
    return f"heller import: {len(steps)} lines, a bar at a terminal"


def by_events(demo, token):
    """The stream of what happens to one run, opened while it runs."""
    run = upload(demo, large_statement(reference(), 3000), token).expect(202).json
    host, port = demo.base.removeprefix("http://").split(":")
    request = (f"GET /v1/events/stream?subject_id={run['id']} HTTP/1.1\r\nHost: {host}\r\nAccept: text/event-stream\r\n"
               f"Authorization: Bearer {token}\r\n\r\n")
    with socket.create_connection((host, int(port)), timeout=30) as stream:
        stream.sendall(request.encode())
        said = ""
        while said.count("data:") == 0 or run["id"] not in said:
            piece = stream.recv(65536).decode()
            assert piece, f"the stream ended: {said}"
            said += piece
    assert said.startswith("HTTP/1.1 200") and "text/event-stream" in said.lower(), said
    settled(demo, token, run["id"])
    return "events: told while it ran"


def import_again(stage):
    demo, token = stage.demo, stage.demo.token()
    statement = shipped_statement(reference())
    first = upload(demo, statement, token, Prefer="wait=20").expect(200).json
    received = first["items"][0]["file"]["received_at"]
    count = lambda: call(demo.base, "GET", "/v1/account-movements/folders", token=token).expect(200).json
    before = count()
    again = upload(demo, statement, token).expect(200).json
    assert (again["id"], again["items"][0]["file"]["received_at"]) == (first["id"], received), again
    rows = call(demo.base, "GET", f"/v1/logbook?run_id={first['id']}", token=token, Accept_Language="de").expect(200)
    row = rows.json["items"][0]
    assert row["code"] == "file_known" and received[:10] in row["message"] and "zuerst" in row["message"], row
    (stage.folder / "again.xml").write_text(statement)
    where = {"HELLER_DATA_DIR": str(demo.folder / "heller-data")}
    said = stage.heller("import", "again.xml", "--lang", "de", **where).stdout
    assert said.startswith("0 neu, 1 bekannt") and "kam zuerst am" in said and received[:10] in said, said
    assert count() == before, "something was stored twice"
    return said.strip().partition(";")[0] + f"; first {received[:16]}"


def killed(stage):
    demo, token = stage.demo, stage.demo.token()
    run = upload(demo, large_statement(reference(), MANY), token).expect(202).json
    seen = until(lambda: stored(demo.base, token, run["id"]), 30, "some lines")
    demo.running.end(signal.SIGKILL)
    verified = stage.heller("verify", folder=demo.folder)
    assert "WRONG" not in verified.stdout
    demo = stage.demo
    token = demo.token()
    ended, _ = settled(demo, token, run["id"], 90)
    counts = ended["items"][0]["counts"]
    assert ended["status"] == "finished" and counts["created"] == MANY and counts["read"] == MANY, counts
    for words in ("the last process ended in the middle", "an import that was cut off goes on"):
        assert words in demo.running.err, demo.running.err
    rows = call(demo.base, "GET", f"/v1/logbook?run_id={run['id']}", token=token).expect(200).json["items"]
    assert "import_resumed" in [row["code"] for row in rows], rows
    stage.heller("verify", folder=demo.folder)
    return f"killed after {seen} of {MANY} lines; went on, all once, verify finds nothing"


def stored(base, token, run_id):
    """Lines that an import has stored so far, as long as it runs."""
    run = call(base, "GET", f"/v1/reconciliation-runs/{run_id}", token=token).expect(200).json
    assert run["status"] == "running", "the import was too quick to be interrupted"
    return run["progress"]["done"] if run["progress"]["phase"] == "importing" else 0


def settings(stage):
    (stage.folder / "heller.toml").write_text('listen = "127.0.0.1:2"\nworker_concurrency = 2\nlog_filter = "debug"\n')
    variables = {"HELLER_LISTEN": "127.0.0.1:3", "HELLER_WORKER_CONCURRENCY": "3",
                 "HELLER_DATABASE_URL": "postgres://me:hunter2@db/heller"}
    shown = stage.heller("config", "show", "--listen", "127.0.0.1:4", **variables).stdout
    rows = {cells[0]: cells[1:] for cells in (re.split(r"  +", line) for line in shown.splitlines())}
    expected = {"listen": ["127.0.0.1:4", "--listen"], "worker_concurrency": ["3", "HELLER_WORKER_CONCURRENCY"],
                "log_filter": ["debug", "heller.toml"], "refresh_token_hours": ["12", "default"],
                "database_url": ["(set)", "HELLER_DATABASE_URL"]}
    for key, value in expected.items():
        assert rows[key][:2] == value, f"{key}: {rows[key]}"
    assert "hunter2" not in shown
    wrong = stage.heller("config", "show", expect=78, HELLER_LISTN="127.0.0.1:3").stderr
    assert "HELLER_LISTN" in wrong and "did you mean HELLER_LISTEN?" in wrong, wrong
    (stage.folder / "heller.toml").write_text("log_formt = 'json'\n")
    wrong = stage.heller("config", "show", expect=78).stderr
    assert "log_formt in heller.toml" in wrong and "did you mean log_format?" in wrong, wrong
    return "flag > variable > file > default"


def secrets(stage):
    refused = stage.heller("serve", "--listen", "127.0.0.1:0", expect=78).stderr
    found = re.search(r"`heller (key init \S+)` and set (HELLER_SIGNING_KEY_FILE)=(\S+)$", refused.strip())
    assert found, refused
    assert not (stage.folder / "heller-data").exists(), "something was made without a secret"
    command, name, value = found.groups()
    stage.heller(*command.split())
    server = stage.start("serve", "--listen", "127.0.0.1:0", **{name: value})
    base, demo = server.base(), stage.demo
    call(base, "GET", "/demo/token").expect(404)
    known = {"email": "accountant@demo.example", "password": demo.password("accountant")}
    call(base, "POST", "/v1/auth/login", known).expect(401)
    server.end()
    key = str(stage.folder / value)
    in_demo = stage.heller("serve", "--data-dir", str(demo.folder / "heller-data"), expect=78, **{name: key}).stderr
    assert "known passwords" in in_demo, in_demo
    return "refused with the two lines that help; a demo's folder too"


class Installation:
    """A server of one's own: key, licence, users, a bank account."""

    def __init__(self, stage, **variables):
        self.stage = stage
        self.variables = {"HELLER_SIGNING_KEY_FILE": "signing-key.pem", "HELLER_LISTEN": "127.0.0.1:0",
                          "HELLER_LICENCE_PUBLIC_KEY_FILE": "licence-public.pem", **variables}
        stage.heller("key", "init")
        stage.heller("licence", "keygen")
        stage.heller("user", "create", "--email", "otti@example.com", "--name", "Ottilie Wunderlich", "--role", "admin",
                     "accountant", "--password-stdin", stdin=f"{PASSWORD}\n", **self.variables)

    def serve(self, **how):
        server = self.stage.start("serve", **how, **self.variables)
        server.base_url = server.base()
        return server

    def activate(self, base):
        """Answers a token and the bank account."""
        token = login(base, "otti@example.com", PASSWORD)
        installation = call(base, "GET", "/v1/licence", token=token).expect(200).json["installation_id"]
        issued = self.stage.heller("licence", "issue", "--key", "licence-private.pem", "--installation", installation)
        call(base, "PUT", "/v1/licence", {"token": issued.stdout.strip()}, token).expect(200)
        account = {"name": "Hausbank", "provider": "bank_file", "currency": "EUR", "iban": IBAN}
        return token, call(base, "POST", "/v1/payment-accounts", account, token).expect(201).json["id"]


def log(stage):
    own = Installation(stage, HELLER_LOG_SLOW_QUERY_MILLISECONDS="1")
    piped = own.serve()
    token, account = own.activate(piped.base_url)
    path = f"/v1/statement-imports/raw?account_id={account}"
    done = call(piped.base_url, "POST", path, large_statement(reference(), 600).encode(), token,
                Content_Type="application/xml", Prefer="wait=30").expect(200)
    assert done.json["status"] == "finished", done.text
    until(lambda: "a statement was slow" in piped.err, 5, "a slow statement")
    assert piped.end()[0] == 0
    lines = [json.loads(line) for line in piped.err.splitlines()]
    mine = [line for line in lines if line.get("span", {}).get("request_id") == done.headers["Request-Id"]]
    assert mine and all("level" in line and "message" in line for line in lines), lines
    slow = next(line for line in lines if line["message"] == "a statement was slow")
    assert slow["duration_ms"] >= 1 and slow["statement"], slow
    for words in [*PEOPLE, "Ottilie", PASSWORD, token]:
        assert words not in piped.err, f"{words} is in the log"
    terminal = own.serve(terminal=True)
    asked = call(terminal.base_url, "GET", "/version").expect(200).headers["Request-Id"]
    until(lambda: asked in terminal.err, 5, "the request in the log")
    terminal.end()
    said = re.sub(r"\x1b\[[0-9;]*m", "", terminal.err).replace("\r", "").splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z +(INFO|WARN|DEBUG|ERROR) ", line) for line in said), said
    return f"{len(lines)} lines of JSON in a pipe, {len(said)} for people at a terminal; no IBAN, no name"


def stop(stage):
    own = Installation(stage)
    server = own.serve()
    token, account = own.activate(server.base_url)
    path = f"/v1/statement-imports/raw?account_id={account}"
    # More than the five seconds of a stop are enough for, whatever the machine.
    statement = large_statement(reference(), MANY * 8).encode()
    run = call(server.base_url, "POST", path, statement, token, Content_Type="application/xml").expect(202).json
    waited = {}

    def wait():
        waited["answer"] = call(server.base_url, "POST", "/v1/assignment-runs", {}, token, Prefer="wait=3")
    waiting = threading.Thread(target=wait)
    waiting.start()
    until(lambda: stored(server.base_url, token, run["id"]), 30, "some lines")
    code, seconds = server.end(signal.SIGINT)
    waiting.join(timeout=10)
    assert code == 0 and seconds <= STOP_SECONDS, f"exit {code} after {seconds:.1f} s"
    assert waited["answer"].status in (200, 202), waited["answer"].text
    stopped = json.loads(server.err.splitlines()[-1])
    assert stopped["message"] == "stopped" and stopped["requests_cut_off"] == 0, stopped
    assert stopped["jobs_parked"] >= 1, stopped
    stage.heller("verify", **own.variables)
    again = own.serve()
    again.wait_for("an import that was cut off goes on")
    assert again.end(signal.SIGTERM)[0] == 0
    return f"{seconds:.1f} s: requests answered, {stopped['jobs_parked']} job parked, gone on with by the next start"

