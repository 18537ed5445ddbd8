"""Plants one breaking change after the other into today's document and shows that the compatibility check finds it, and
that it finds nothing in changes that break nobody."""

import contextlib
import copy
import io
import json
import pathlib
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import compat

DOCUMENT = json.loads((compat.ROOT / "openapi/heller.json").read_text(encoding="utf-8"))
# There are no webhooks yet; one is planted on both sides, so that it can be taken away.
DOCUMENT["webhooks"] = {
    "refund.confirmed": {
        "post": {
            "operationId": "webhook_refund_confirmed",
            "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refund"}}}},
            "responses": {"204": {"description": "Taken"}},
        }
    }
}


def operation(document, method, path):
    return document["paths"][path][method]


def schema(document, name):
    return document["components"]["schemas"][name]


def parameter(document, method, path, name):
    return next(one for one in operation(document, method, path)["parameters"] if one["name"] == name)


def planted():
    """The kinds of change, each as a name and what is done to the document."""
    plants = []

    def plant(function):
        plants.append((function.__name__.replace("_", " "), function))
        return function

    @plant
    def a_path_is_gone(document):
        del document["paths"]["/v1/ledger/proof"]

    @plant
    def a_method_is_gone(document):
        del document["paths"]["/v1/refunds/{id}"]["delete"]

    @plant
    def an_operation_id_is_renamed(document):
        operation(document, "get", "/v1/refunds")["operationId"] = "list_refunds"

    @plant
    def a_tag_is_renamed(document):
        operation(document, "get", "/v1/refunds")["tags"] = ["Money back"]

    @plant
    def a_component_is_renamed(document):
        text = json.dumps(document).replace('"RefundAttempt"', '"Attempt"')
        document.update(json.loads(text.replace("/schemas/RefundAttempt", "/schemas/Attempt")))

    @plant
    def a_parameter_is_gone(document):
        parameters = operation(document, "get", "/v1/orders")["parameters"]
        parameters.remove(parameter(document, "get", "/v1/orders", "number"))

    @plant
    def a_required_parameter_is_added(document):
        new = {"name": "shop", "in": "query", "required": True, "schema": {"type": "string"}}
        operation(document, "get", "/v1/orders")["parameters"].append(new)

    @plant
    def an_optional_parameter_is_required(document):
        parameter(document, "post", "/v1/customers", "Idempotency-Key")["required"] = True

    @plant
    def a_parameter_loses_a_choice(document):
        parameter(document, "get", "/v1/orders", "sort")["schema"]["enum"].pop()

    @plant
    def a_limit_of_a_parameter_is_lower(document):
        parameter(document, "get", "/v1/orders", "limit")["schema"]["maximum"] = 100

    @plant
    def a_member_of_a_request_is_gone(document):
        del schema(document, "CreateCustomer")["properties"]["address"]

    @plant
    def a_member_of_a_request_is_required(document):
        schema(document, "CreateCustomer")["required"].append("email")

    @plant
    def a_limit_of_a_request_is_lower(document):
        schema(document, "CreateCustomer")["properties"]["name"]["maxLength"] = 100

    @plant
    def a_request_loses_a_choice(document):
        schema(document, "KeyedMethod")["enum"].pop()

    @plant
    def a_member_of_a_request_has_another_type(document):
        schema(document, "MoneyInput")["properties"]["amount"] = {"type": "number"}

    @plant
    def a_member_of_an_answer_is_gone(document):
        del schema(document, "Refund")["properties"]["number"]
        schema(document, "Refund")["required"].remove("number")

    @plant
    def a_member_of_an_answer_is_not_sure_any_more(document):
        schema(document, "Refund")["required"].remove("number")

    @plant
    def a_member_of_an_answer_may_be_null(document):
        schema(document, "Refund")["properties"]["number"]["type"] = ["string", "null"]

    @plant
    def a_member_of_an_answer_has_another_type(document):
        schema(document, "TokensView")["properties"]["expires_in"] = {"type": "string"}

    @plant
    def a_day_becomes_an_instant(document):
        schema(document, "AccountMovement")["properties"]["booking_date"]["format"] = "date-time"

    @plant
    def an_answer_has_another_status(document):
        responses = operation(document, "post", "/v1/customers")["responses"]
        responses["200"] = responses.pop("201")

    @plant
    def an_answer_has_another_media_type(document):
        content = operation(document, "get", "/v1/refunds/{id}")["responses"]["200"]["content"]
        content["application/hal+json"] = content.pop("application/json")

    @plant
    def a_header_of_an_answer_is_gone(document):
        del operation(document, "get", "/v1/refunds/{id}")["responses"]["200"]["headers"]["ETag"]

    @plant
    def a_failure_is_not_documented_any_more(document):
        del operation(document, "post", "/v1/refunds")["responses"]["409"]

    @plant
    def another_permission_is_needed(document):
        operation(document, "get", "/v1/refunds")["security"] = [{"bearer": ["refunds.read", "ledger.read"]}]

    @plant
    def a_token_is_needed(document):
        operation(document, "get", "/problems")["security"] = [{"bearer": []}]

    @plant
    def a_webhook_is_gone(document):
        del document["webhooks"]["refund.confirmed"]

    @plant
    def a_member_of_a_webhook_is_gone(document):
        sent = copy.deepcopy(schema(document, "Refund"))
        del sent["properties"]["number"]
        sent["required"].remove("number")
        content = document["webhooks"]["refund.confirmed"]["post"]["requestBody"]["content"]
        content["application/json"]["schema"] = sent

    @plant
    def a_webhook_is_renamed(document):
        document["webhooks"]["refund.settled"] = document["webhooks"].pop("refund.confirmed")

    return plants


def harmless():
    def a_path_is_added(document):
        document["paths"]["/v1/more"] = copy.deepcopy(document["paths"]["/v1/ledger/proof"])
        document["paths"]["/v1/more"]["get"]["operationId"] = "more"

    def an_optional_parameter_is_added(document):
        new = {"name": "shop", "in": "query", "required": False, "schema": {"type": "string", "maxLength": 9}}
        operation(document, "get", "/v1/orders")["parameters"].append(new)

    def an_optional_member_is_added_to_a_request(document):
        schema(document, "CreateCustomer")["properties"]["phone"] = {"type": ["string", "null"], "maxLength": 40}

    def a_member_is_added_to_an_answer(document):
        schema(document, "Refund")["properties"]["batch"] = {"type": "string"}
        schema(document, "Refund")["required"].append("batch")

    def a_webhook_is_added(document):
        document["webhooks"]["refund.failed"] = copy.deepcopy(document["webhooks"]["refund.confirmed"])
        document["webhooks"]["refund.failed"]["post"]["operationId"] = "webhook_refund_failed"

    def a_limit_is_higher(document):
        schema(document, "CreateCustomer")["properties"]["name"]["maxLength"] = 300

    def a_description_changes(document):
        operation(document, "get", "/v1/refunds")["description"] = "All refunds."

    def nothing_changes(_):
        pass

    found = [value for value in locals().values() if callable(value)]
    return [(function.__name__.replace("_", " "), function) for function in found]


def judge(change):
    document = copy.deepcopy(DOCUMENT)
    change(document)
    return compat.findings(DOCUMENT, document)


def publishing():
    """From nothing to a second release, in a folder of its own: what the gate and `--publish` say on the way."""
    wrong = []

    def expect(name, passes, arguments=()):
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                passed = compat.main(list(arguments)) == 0
        except SystemExit:
            passed = False
        if passed != passes:
            wrong.append(f"{name}: {'passed' if passed else 'refused'}")

    def today(version, change=lambda _: None):
        document = copy.deepcopy(DOCUMENT)
        document["info"]["version"] = version
        change(document)
        compat.TODAY.write_text(json.dumps(document), encoding="utf-8")

    def broken(document):
        del document["paths"]["/v1/ledger/proof"]

    with tempfile.TemporaryDirectory() as folder:
        compat.RELEASED, compat.TODAY = pathlib.Path(folder) / "openapi/released", pathlib.Path(folder) / "heller.json"
        compat.RELEASED.mkdir(parents=True)
        today("0.1.0")
        expect("the gate without a published document", True)
        expect("the first document is published", True, ["--publish"])
        expect("the gate with the document that was published", True)
        expect("the same version once more", False, ["--publish"])
        today("0.1.1", broken)
        expect("the gate after a break", False)
        expect("a break under a higher patch number", False, ["--publish"])
        today("0.2.0", broken)
        expect("a break under a higher minor number", True, ["--publish"])
        expect("the gate after that", True)
        published = sorted(file.name for file in compat.RELEASED.glob("*.json"))
        if published != ["0.1.0.json", "0.2.0.json"]:
            wrong.append(f"published: {published}")
    return wrong


def main():
    breaking, safe, wrong = planted(), harmless(), []
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(judge, [change for _, change in breaking + safe]))
    for (name, _), found in zip(breaking, results):
        if not found:
            wrong.append(f"not caught: {name}")
        elif "-v" in sys.argv:
            print(f"{name}\n    {found[0]}")
    for (name, _), found in zip(safe, results[len(breaking):]):
        if found:
            wrong.append(f"no break, and caught all the same: {name}: {found[0]}")
    wrong.extend(publishing())
    print("\n".join(wrong) or f"{len(breaking)} planted breaks are caught, {len(safe)} harmless changes are not")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
