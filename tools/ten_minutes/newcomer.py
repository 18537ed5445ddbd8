"""The first five minutes: help, the demo, its documentation, its API from curl, Postman, TypeScript and a web page."""

import functools
import http.server
import json
import re
import shutil
import threading
import time
import uuid

from stage import PROGRAM, ROOT, call, environment, until

# Longest start of a demo, in seconds: that of a release binary is the promise, a debug binary is for builders.
DEMO_SECONDS = 3 if "/release/" in PROGRAM else 15
# A help that takes longer is not quick on any machine.
HELP_SECONDS = 0.5
# Where front ends under development are served.
PAGE = "http://localhost:5173"


def help_and_settings(stage):
    times = []
    for _ in range(3):
        begun = time.monotonic()
        said = stage.heller("--help").stdout
        times.append(time.monotonic() - begun)
    assert min(times) < HELP_SECONDS, f"{min(times):.3f} s for --help"
    commands = re.search(r"Commands:\n((?:  .*\n)+)", said).group(1).splitlines()
    assert len(commands) >= 10 and all(re.match(r"  \w+ +\S", line) for line in commands), "one line a command"
    assert "Examples:" in said and "heller demo" in said
    listed = stage.heller("help", "config").stdout
    example = (ROOT / "heller.example.toml").read_text()
    keys = re.findall(r"^#(\w+) = ", example, flags=re.M)
    for key in keys:
        entry = re.search(rf"^  {key} +HELLER_{key.upper()} +\S.*\n +.*\[default: .+\]$", listed, flags=re.M)
        assert entry, f"help config does not list {key} with variable, flag and default"
    return f"{min(times) * 1000:.0f} ms; {len(commands)} commands, {len(keys)} settings"


def demo_starts(stage):
    demo = stage.demo
    assert demo.seconds <= DEMO_SECONDS, f"{demo.seconds:.1f} s until it listened"
    call(demo.base, "GET", "/health/ready").expect(200)
    return f"{demo.seconds:.1f} s until it listened with all its data"


def docs(stage):
    seen = stage.browser("docs", stage.demo.base)
    assert seen["authorized"], "Authorize is not filled in"
    for name in ("list", "one"):
        assert seen[name]["status"] == "200" and "mov_" in seen[name]["body"], seen[name]
    assert not seen["failed"] and not seen["foreign"] and not seen["errors"], seen
    return f"{seen['requests']} requests, none elsewhere; the list and one movement answer 200"


def printed_curl(stage):
    printed = stage.demo.running.out.replace("\\\n", " ").splitlines()
    log_in = next(line for line in printed if line.startswith("T="))
    look = next(line for line in printed if line.startswith("curl -si"))
    said = stage.run(["bash", "-c", f"{log_in}\n{look}"]).stdout
    head, _, body = said.replace("\r", "").partition("\n\n")
    headers = dict(re.findall(r"^([\w-]+): (.*)$", head.lower(), flags=re.M))
    assert head.startswith("HTTP/1.1 200"), head
    assert 'rel="next"' in headers["link"] and headers["request-id"], headers
    assert body.rstrip() == json.dumps(json.loads(body), indent=2, ensure_ascii=False), "it is not pretty"
    return f"200, {len(body.splitlines())} lines of JSON, Link, Request-Id"


def three_mistakes(stage):
    demo, token = stage.demo, stage.demo.token()
    german = functools.partial(call, demo.base, Accept_Language="de")
    nobody = german("GET", "/v1/orders").expect(401)
    typo = german("GET", "/v1/orders?limt=3", token=token).expect(400)
    field = typo.json["errors"][0]
    assert (field["in"], field["pointer"]) == ("query", "limt"), field
    assert field["params"]["did_you_mean"] == "limit" and "Meinten Sie 'limit'?" in field["detail"], field
    movements = call(demo.base, "GET", "/v1/account-movements?folder=not_assigned", token=token).expect(200).json
    orders = call(demo.base, "GET", "/v1/orders", token=token).expect(200).json
    assignment = {"movement_id": movements["items"][0]["id"], "amount": {"amount": "99999.00", "currency": "EUR"},
                  "target": {"type": "order", "id": orders["items"][0]["id"]}}
    much = german("POST", "/v1/assignments", assignment, token, Idempotency_Key=str(uuid.uuid4())).expect(422)
    assert much.json["errors"][0]["pointer"].startswith("/amount"), much.text
    for problem in (nobody, typo, much):
        assert problem.headers["Content-Type"] == "application/problem+json"
        assert problem.headers["Content-Language"] == "de", problem.text
        page = german("GET", problem.json["type"], Accept="text/html").expect(200)
        assert page.headers["Content-Type"].startswith("text/html") and problem.json["title"] in page.text
        assert re.search(r"<html[^>]*lang=\"?de", page.text), "the page is not German"
    return ", ".join(problem.json["code"] for problem in (nobody, typo, much))


def postman(stage):
    folder = ROOT / "openapi/postman"
    for _ in range(2):
        stage.run(["newman", "run", str(folder / "heller.postman_collection.json"),
                   "-e", str(folder / "heller-demo.postman_environment.json"), "--env-var", f"base_url={stage.demo.base}",
                   "--env-var", f"password={stage.demo.password('accountant')}", "--working-dir", str(ROOT),
                   "--reporters", "cli", "--reporter-cli-no-banner", "--reporter-cli-no-success-assertions"])
    requests = re.findall(r"requests[^\d]+(\d+)[^\d]+(\d+)", stage.noted())
    assert len(requests) == 2 and all(failed == "0" for _, failed in requests), requests
    return f"{requests[0][0]} requests, green both times"


def typescript(stage):
    packages = ROOT / "examples/typescript/node_modules"
    (stage.folder / "node_modules").symlink_to(packages)
    (stage.folder / "package.json").write_text('{"type": "module"}')
    shutil.copy(ROOT / "tools/ten_minutes/movement.ts", stage.folder)
    stage.run([packages / ".bin/openapi-typescript", f"{stage.demo.base}/openapi.json", "-o", "heller.d.ts"])
    stage.run([packages / ".bin/tsc", "--strict", "--target", "es2022", "--module", "nodenext", "--types", "node",
               "--skipLibCheck", "movement.ts"])
    variables = {"HELLER_URL": stage.demo.base, "HELLER_TOKEN": stage.demo.token()}
    said = stage.run(["node", "movement.js"], env=environment(**variables)).stdout.strip()
    assert re.search(r"^mov_\w+ .*-?\d+\.\d\d EUR", said), said
    lines = (stage.folder / "movement.ts").read_text().splitlines()
    assert sum(1 for line in lines if line and not line.startswith("//")) <= 15, "more than 15 lines"
    return said


class Page(http.server.SimpleHTTPRequestHandler):
    """An empty page, as a front end under development begins."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        try:
            self.wfile.write(b"<!doctype html><title>front end</title>")
        except ConnectionError:  # a browser that was closed in the meantime
            pass

    def log_message(self, *_):
        pass


def another_origin(stage):
    server = http.server.ThreadingHTTPServer(("localhost", 5173), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        seen = stage.browser("page", PAGE, stage.demo.base + "/v1/account-movements?limit=1", stage.demo.token())
        assert seen["status"] == 200 and seen["link"] and seen["requestId"] and not seen["errors"], seen
        stage.heller("key", "init")
        key = {"HELLER_SIGNING_KEY_FILE": "signing-key.pem", "HELLER_LISTEN": "127.0.0.1:0"}
        refusing = stage.start("serve", **key)
        refused = stage.browser("page", PAGE, refusing.base() + "/version", "")
        assert refused["status"] is None, refused
        until(lambda: "HELLER_CORS_ORIGINS" in refusing.err and PAGE in refusing.err, 5, "the setting in the log")
        refusing.end()
        allowing = stage.start("serve", **key, HELLER_CORS_ORIGINS=PAGE)
        allowed = stage.browser("page", PAGE, allowing.base() + "/version", "")
        assert allowed["status"] == 200 and not allowed["errors"], allowed
        allowing.end()
    finally:
        server.shutdown()
    return "the demo answers; serve names HELLER_CORS_ORIGINS, and answers with it"
