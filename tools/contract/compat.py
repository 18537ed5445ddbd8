"""Whether clients of a published document still work with today's: `compat.py` compares the newest one of openapi/released
with openapi/heller.json, `compat.py OLD NEW` any two. `compat.py --publish` makes today's document the newest one.

specshift judges paths, parameters and schemas. It is blind to what generated clients are named after (operation ids,
components), to response headers, security and webhooks: those are judged here.
"""

import copy
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASED = ROOT / "openapi/released"
TODAY = ROOT / "openapi/heller.json"
METHODS = ("get", "put", "post", "patch", "delete")


def operations(document):
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def with_webhooks(document):
    """Webhooks as paths that answer what they send, so that they are compared as answers are."""
    document = copy.deepcopy(document)
    for name, item in document.pop("webhooks", {}).items():
        for method, operation in item.items():
            content = operation.get("requestBody", {}).get("content", {})
            answer = {"description": "sent", "content": content}
            sent = {"operationId": operation.get("operationId", name), "responses": {"200": answer}}
            document["paths"][f"/webhooks/{name}/{method}"] = {"get": sent}
    return document


def schema_of(document, schema):
    name = schema.get("$ref", "").removeprefix("#/components/schemas/")
    return document["components"]["schemas"].get(name, {}) if name else schema


def alternatives(document, operation):
    """The ways to be let in, each as a set of scheme and scope. No way at all means: for everybody."""
    for way in operation.get("security", document.get("security", [])):
        yield {(scheme, scope) for scheme, scopes in way.items() for scope in [None, *scopes]}


def companion(old, new):
    """What specshift does not see."""
    now = dict(operations(new))
    for name in sorted(old["components"]["schemas"].keys() - new["components"]["schemas"].keys()):
        yield f"component {name}: gone or renamed; generated clients name a type after it"
    for name, before in operations(old):
        after = now.get(name)
        if after is None:
            yield f"{name}: gone"
            continue
        if before.get("operationId") != after.get("operationId"):
            yield f"{name}: operation id {before.get('operationId')} became {after.get('operationId')}"
        if before.get("tags") != after.get("tags"):
            yield f"{name}: tags {before.get('tags')} became {after.get('tags')}; generated clients sort by them"
        yield from security(name, (old, before), (new, after))
        yield from answers(name, before, after)
        yield from requests(name, (old, before), (new, after))


def security(name, before, after):
    allowed, wanted = list(alternatives(*before)), list(alternatives(*after))
    if not allowed and wanted:
        yield f"{name}: needs a token now"
    for way in allowed:
        # Whoever came in this way must find a way that asks for nothing more.
        if wanted and not any(one <= way for one in wanted):
            yield f"{name}: more permissions are needed than {sorted(scope for _, scope in way if scope)}"


def answers(name, before, after):
    for status, answer in before["responses"].items():
        others = after["responses"].get(status)
        if others is None:
            yield f"{name}: status {status} is gone"
            continue
        for header, one in answer.get("headers", {}).items():
            other = others.get("headers", {}).get(header)
            if other is None:
                yield f"{name}: header {header} of {status} is gone"
            elif one.get("required") and not other.get("required"):
                yield f"{name}: header {header} of {status} is not sure any more"
            elif one.get("schema", {}).get("type") != other.get("schema", {}).get("type"):
                yield f"{name}: header {header} of {status} has another type"
        for media in answer.get("content", {}).keys() - others.get("content", {}).keys():
            yield f"{name}: {status} does not answer {media} any more"


def requests(name, before, after):
    (old, one), (new, other) = before, after
    if other.get("requestBody", {}).get("required") and not one.get("requestBody", {}).get("required"):
        yield f"{name}: needs a body now"
    known = {(parameter["in"], parameter["name"]): parameter for parameter in other.get("parameters", [])}
    for parameter in one.get("parameters", []):
        place = (parameter["in"], parameter["name"])
        if place not in known:
            # Unknown query parameters are refused, so taking one away breaks whoever sends it.
            yield f"{name}: {place[0]} parameter {place[1]} is gone"
            continue
        yield from bounds(f"{name}: {place[0]} parameter {place[1]}", (old, parameter["schema"]), (new, known[place]["schema"]))
    for media, content in one.get("requestBody", {}).get("content", {}).items():
        later = other.get("requestBody", {}).get("content", {}).get(media)
        if later is not None:
            yield from bounds(f"{name}: body", (old, content["schema"]), (new, later["schema"]), set())


def bounds(where, before, after, seen=None):
    """What a request may hold must not become narrower, at any depth."""
    seen = set() if seen is None else seen
    (old, one), (new, other) = before, after
    if one.get("$ref"):
        if one["$ref"] in seen:
            return
        seen = seen | {one["$ref"]}
    one, other = schema_of(old, one), schema_of(new, other)
    for word, narrower in (("maxLength", min), ("maxItems", min), ("maximum", min), ("minLength", max), ("minItems", max), ("minimum", max)):
        was, now = one.get(word), other.get(word)
        if now is not None and (was is None or (was != now and narrower(was, now) == now)):
            # A first lower bound of nothing allows what was allowed.
            if not (was is None and word in ("minLength", "minItems") and now == 0):
                yield f"{where}: {word} became {now}, was {was}"
    if other.get("pattern") and other.get("pattern") != one.get("pattern"):
        yield f"{where}: another pattern"
    if other.get("format") and other.get("format") != one.get("format"):
        yield f"{where}: format became {other['format']}"
    yield from types(where, one, other)
    if "enum" in other:
        gone = set(map(str, one.get("enum", []))) - set(map(str, other["enum"]))
        if gone or "enum" not in one:
            yield f"{where}: choices are gone: {', '.join(sorted(gone)) or 'any text'}"
    for member in set(other.get("required", [])) - set(one.get("required", [])):
        yield f"{where}/{member}: needed now"
    for member, schema in one.get("properties", {}).items():
        if member not in other.get("properties", {}):
            if other.get("additionalProperties") is False:
                yield f"{where}/{member}: refused now"
        else:
            yield from bounds(f"{where}/{member}", (old, schema), (new, other["properties"][member]), seen)
    if "items" in one and "items" in other:
        yield from bounds(f"{where}/[]", (old, one["items"]), (new, other["items"]), seen)
    parts = [part for part in one.get("oneOf", []) if part.get("type") != "null"]
    others = [part for part in other.get("oneOf", []) if part.get("type") != "null"]
    if len(one.get("oneOf", [])) > len(other.get("oneOf", [])) and "oneOf" in other:
        yield f"{where}: one of the forms is gone"
    for part, later in zip(parts, others):
        yield from bounds(where, (old, part), (new, later), seen)


def types(where, one, other):
    def of(schema):
        kind = schema.get("type")
        return set(kind) if isinstance(kind, list) else {kind} - {None}

    if of(other) and of(one) - of(other):
        yield f"{where}: type {sorted(of(one) - of(other))} is refused now"


def specshift(old, new):
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, document in (("old.json", old), ("new.json", new)):
            file = pathlib.Path(folder) / name
            file.write_text(json.dumps(document), encoding="utf-8")
            files.append(str(file))
        program = pathlib.Path(sys.executable).with_name("specshift")
        done = subprocess.run([program, "diff", *files, "--format", "json"], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1) or not done.stdout.strip():
        raise SystemExit(f"specshift failed: {done.stderr.strip()}")
    for change in json.loads(done.stdout)["changes"]:
        if change["severity"].lower() in ("breaking", "warning"):
            yield f"{change['location']}: {change['message']}"


def findings(old, new):
    old, new = with_webhooks(old), with_webhooks(new)
    return [*companion(old, new), *specshift(old, new)]


def version(file):
    return [int(part) for part in file.stem.split(".")]


def released():
    return max(RELEASED.glob("[0-9]*.json"), key=version, default=None)


def publish():
    """A copy under its version. What was published stays as it is, so the version must be a new and higher one; a break
    needs a higher major version, or while that is 0 a higher minor one."""
    text, newest = TODAY.read_text(encoding="utf-8"), released()
    file = RELEASED / f"{json.loads(text)['info']['version']}.json"
    if newest is not None:
        if version(file) <= version(newest):
            raise SystemExit(f"{newest.stem} is published already; {file.stem} is not higher (version in Cargo.toml)")
        old, new = version(newest), version(file)
        kept = 2 if old[0] == 0 else 1
        found = judged(newest, TODAY) if old[:kept] == new[:kept] else []
        if found:
            raise SystemExit("\n".join([*found, f"clients of {newest.stem} would break: {file.stem} is not high enough"]))
    file.write_text(text, encoding="utf-8")
    print(f"wrote {file.relative_to(RELEASED.parents[1])}; commit it")
    return 0


def judged(old, new):
    allowed_file = RELEASED / "allowed.txt"
    allowed = set(allowed_file.read_text(encoding="utf-8").splitlines()) if allowed_file.exists() else set()
    documents = [json.loads(pathlib.Path(file).read_text(encoding="utf-8")) for file in (old, new)]
    return [finding for finding in findings(*documents) if finding not in allowed]


def main(arguments):
    if arguments == ["--publish"]:
        return publish()
    old, new = arguments if len(arguments) == 2 else (released(), TODAY)
    if old is None:
        print("nothing has been published yet")
        return 0
    found = judged(old, new)
    print("\n".join(found) or f"compatible with {pathlib.Path(old).name}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
