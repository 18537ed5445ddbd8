"""One refund from start to end: log in, upload a statement, assign two payments, correct the invoice, pay the money back."""
import os
import time
import uuid
from importlib import import_module
from io import BytesIO
from pathlib import Path

from heller_client import AuthenticatedClient, Client, models as m
from heller_client.types import File

url = os.environ.get("HELLER_URL", "http://127.0.0.1:8686")
client = Client(url, raise_on_unexpected_status=True)


def call(operation, *args, **kwargs):
    """The answer of an operation such as `refunds.refund_send`, or the server's own words about what is wrong."""
    answer = import_module(f"heller_client.api.{operation}").sync(*args, client=client, **kwargs)
    if isinstance(answer, m.Problem):
        raise SystemExit(f"{answer.status} {answer.code}: {answer.detail}")
    return answer


def keyed():
    return {"idempotency_key": str(uuid.uuid4())}


def eur(amount):
    return m.MoneyInput(amount, "EUR")


tokens = call("access.auth_login", body=m.Login(os.environ["HELLER_EMAIL"], os.environ["HELLER_PASSWORD"]))
client = AuthenticatedClient(url, tokens.access_token, raise_on_unexpected_status=True)
accounts = {account.provider.value: account.id for account in call("payment_accounts.account_list").items}
bank, sandbox = accounts["bank_file"], accounts["sandbox"]

# 40.00 arrive by bank statement. The import runs in the background: look until it has ended.
reference = f"PY{time.time_ns()}"
statement = Path(__file__).parent.joinpath("../statement.xml").read_bytes().replace(b"REFERENCE", reference.encode())
upload = m.StatementUpload(File(BytesIO(statement), "statement.xml", "application/xml"), bank)
run = call("reconciliation.statement_import_create", body=upload)
while run.status in (m.RunStatus.WAITING, m.RunStatus.RUNNING):
    time.sleep(0.2)
    run = call("reconciliation.reconciliation_run_show", run.id)

# 60.00 arrive through the provider; a run fetches them, and the answer waits for it.
paid = m.CreateSandboxPayment(eur("60.00"), m.SandboxCounterparty("Erika Muster"), f"Order {reference}")
call("sandbox.sandbox_payment_create", sandbox, body=paid, **keyed())
call("reconciliation.reconciliation_run_create", body=m.StartRun([sandbox]), prefer="wait=10")

# What both of them pay for: an order over 100.00, and its invoice.
customer = call("customers.customer_create", body=m.CreateCustomer("Erika Muster"))
goods = [("Bicycle bell", "40.00"), ("Helmet", "60.00")]
lines = [m.CreateOrderLine(description=name, quantity="1", unit_price=eur(price), tax_rate="19") for name, price in goods]
order = call("orders.order_create", body=m.CreateOrder(customer.id, "EUR", True, lines))
invoice = call("invoices.invoice_create", body=m.CreateInvoice(order.id), **keyed())
movements = call("account_movements.account_movement_list", purpose=reference).items
for movement in movements:
    target = m.TargetInput(m.ChosenTarget.INVOICE, invoice.id)
    call("assignments.assignment_create", body=m.CreateAssignment(movement.id, target), **keyed())

# The helmet comes back: correct its line, make the correction a document, and send the money the way it came.
helmet = next(line for line in invoice.lines if line.description == "Helmet")
draft = m.CreateCorrection(invoice.id, lines=[m.CreateCorrectionLine(helmet.id)])
correction = call("invoice_corrections.invoice_correction_create", body=draft)
seen = m.Formalise(list(m.Acknowledgement), m.PaymentDisposition.KEEP_FOR_REFUND)
call("invoice_corrections.invoice_correction_formalise", correction.id, body=seen, **keyed())
source = next(movement for movement in movements if movement.returnable)
wanted = m.CreateRefund(m.OriginInput(m.ChosenOrigin.INVOICE_CORRECTION, correction.id), movement_id=source.id)
refund = call("refunds.refund_create", body=wanted, **keyed()).refunds[0]
refund = call("refunds.refund_send", refund.id, body=m.SendRefund(), **keyed())
while refund.status == m.RefundStatus.SENDING:
    time.sleep(0.2)
    refund = call("refunds.refund_show", refund.id)
if refund.status != m.RefundStatus.SENT:
    raise SystemExit(f"{refund.status}: {refund.last_error}")
print(f"Refund {refund.number} over {refund.amount.amount} {refund.amount.currency} is {refund.status}.")
