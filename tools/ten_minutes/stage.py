"""What the rows work with: the program in folders of its own, requests to it, a browser, a terminal, statements."""

import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / "tools/ten_minutes/.work"
PROGRAM = os.environ["HELLER_BIN"]
CHROMIUM = os.environ["HELLER_CHROMIUM"]
# The bank account of the demo.
IBAN = "DE89370400440532013000"
PASSWORD = "correct horse battery staple"


def environment(**more):
    """Ours without variables that the program would take for settings."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("HELLER_")}
    return {**own, "no_proxy": "*", "LANG": "C.UTF-8", "LC_ALL": "", **more}


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.text = status, headers, body.decode()

    @property
    def json(self):
        return json.loads(self.text)

    def expect(self, status):
        assert self.status == status, f"{self.status} instead of {status}: {self.text}"
        return self


def call(base, method, path, body=None, token=None, **headers):
    """One request; names of headers are written with underscores."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    if isinstance(body, (dict, list)):
        sent.setdefault("Content-Type", "application/json")
        body = json.dumps(body).encode()
    request = urllib.request.Request(base + path, body, sent, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())


def until(look, seconds, what):
    """What a look answers as soon as it is not empty."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds} s")


class Running:
    """A program that goes on until it is stopped; what it says is kept, with a terminal as one stream."""

    def __init__(self, arguments, folder, terminal=False, **variables):
        self.out, self.err = "", ""
        err = subprocess.PIPE
        if terminal:
            leader, err = pty.openpty()
        self.process = subprocess.Popen(
            [PROGRAM, *arguments], cwd=folder, env=environment(**variables), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=err, start_new_session=True)
        if terminal:
            os.close(err)
        self.readers = [threading.Thread(target=self._read, args=pair, daemon=True) for pair in (
            ("out", self.process.stdout.fileno()), ("err", leader if terminal else self.process.stderr.fileno()))]
        for reader in self.readers:
            reader.start()

    def _read(self, name, stream):
        while True:
            try:
                piece = os.read(stream, 65536)
            except OSError:  # a terminal whose program has ended
                return
            if not piece:
                return
            setattr(self, name, getattr(self, name) + piece.decode(errors="replace"))

    def wait_for(self, words, seconds=60):
        """Waits until it says this, and answers all that it has said."""
        def look():
            said = self.out + self.err
            assert self.process.poll() is None or words in said, f"it ended: {said}"
            return said if words in said else None
        return until(look, seconds, words)

    def base(self):
        return re.search(r"http://127\.0\.0\.1:\d+", self.wait_for("is ready")).group()

    def end(self, how=signal.SIGINT):
        """Stops it; answers exit code and seconds."""
        begun = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(timeout=30)
        for reader in self.readers:
            reader.join(timeout=5)
        return code, time.monotonic() - begun


class Demo:
    """A demo in its folder, as a newcomer starts it."""

    def __init__(self, folder):
        self.folder = folder
        begun = time.monotonic()
        self.running = Running(["demo", "--port", "0"], folder)
        self.running.wait_for("Ctrl-C")
        self.seconds = time.monotonic() - begun
        self.base = re.search(r"http://127\.0\.0\.1:\d+", self.running.out).group()

    def password(self, role):
        users = json.loads((self.folder / "heller-data/demo-credentials.json").read_text())["users"]
        return next(user["password"] for user in users if user["role"] == role)

    def token(self, role="accountant"):
        return login(self.base, f"{role}@demo.example", self.password(role))

    def account(self, provider="bank_file"):
        found = call(self.base, "GET", f"/v1/payment-accounts?provider={provider}", token=self.token()).expect(200)
        return found.json["items"][0]["id"]


def login(base, email, password):
    return call(base, "POST", "/v1/auth/login", {"email": email, "password": password}).expect(200).json["access_token"]


class Stage:
    """One for all rows: the demo they share, the folder of each, and what they noted."""

    def __init__(self):
        self.folder, self._demo, self._running, self._log = None, None, [], None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for running in self._running:
            if running.process.poll() is None:
                running.process.kill()

    def begin(self, number):
        self.folder = WORK / f"{number:02}"
        self.folder.mkdir()
        self._log = self.folder / "log"

    def note(self, text):
        with open(self._log, "a", encoding="utf-8") as log:
            log.write(f"{text}\n")

    def noted(self):
        return self._log.read_text() if self._log.exists() else ""

    @property
    def demo(self):
        if self._demo is None or self._demo.running.process.poll() is not None:
            folder = WORK / "demo"
            folder.mkdir(exist_ok=True)
            self._demo = Demo(folder)
            self._running.append(self._demo.running)
        return self._demo

    def start(self, *arguments, folder=None, **how):
        running = Running(list(arguments), folder or self.folder, **how)
        self._running.append(running)
        return running

    def heller(self, *arguments, expect=0, folder=None, stdin="", **variables):
        """Runs a command to its end."""
        return self.run([PROGRAM, *arguments], expect, folder, stdin, environment(**variables))

    def run(self, command, expect=0, folder=None, stdin="", env=None, seconds=120):
        ended = subprocess.run(command, cwd=folder or self.folder, env=env or environment(), input=stdin, text=True,
                               capture_output=True, timeout=seconds, check=False)
        self.note(f"$ {' '.join(map(str, command))}\n{ended.stdout}{ended.stderr}[exit {ended.returncode}]")
        assert expect is None or ended.returncode == expect, f"exit {ended.returncode}, not {expect}"
        return ended

    def browser(self, *arguments):
        """A part of browser.cjs; answers what it prints."""
        command = ["node", str(ROOT / "tools/ten_minutes/browser.cjs"), CHROMIUM, *arguments]
        return json.loads(self.run(command).stdout)


def shipped_statement(reference):
    """The example of the repository, new by its reference."""
    return (ROOT / "examples/statement.xml").read_text().replace("REFERENCE", reference)


def large_statement(reference, entries):
    """So many entries of one cent."""
    whole = shipped_statement(reference)
    head, _, rest = whole.partition("      <Ntry>")
    entry, _, tail = rest.rpartition("</Ntry>\n")
    # No balances: they are of the one entry of the example.
    head = re.sub(r"\s*<Bal>.*?</Bal>", "", head, flags=re.S) + "\n"
    entry = re.sub(r">40\.00<", ">0.01<", f"      <Ntry>{entry}</Ntry>\n")
    entry = re.sub(r"\s*\n\s*", "", entry) + "\n"
    return head + "".join(entry.replace(reference, f"{reference}-{number}") for number in range(entries)) + tail
