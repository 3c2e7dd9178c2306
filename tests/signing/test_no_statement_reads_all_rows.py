"""What a supporter waits for finds its rows by an index, however many others there are: SQLite tells beforehand."""

import pytest
from sqlalchemy import text

from campaign_app.extensions import db
from campaign_app.mail import operations as mail
from campaign_app.prepared import Prepared
from campaign_app.shield import operations as shield
from campaign_app.signing import counting, mailboxes, requests
from campaign_app.tally import operations as tally

WAITED_FOR = {
    "spending a token": shield._INSERT["sqlite"],
    "storing a request": requests._INSERT_PENDING,
    "queueing its mail": mail._INSERT,
    "taking a request out": requests._TAKE,
    "deleting its mail": mail._DELETE_ABOUT,
    "reading a mailbox": mailboxes._MAILBOX,
    "growing a cell": tally._upsert("sqlite"),
    "storing a signature": counting._INSERT_SIGNATURE,
}
# SQLite plans for a cell whose key changes, since signatures refer to it; no statement of ours changes one.
NEVER_RUN = {"growing a cell": {"SCAN signature USING COVERING INDEX ix_signature_arrivals"}}


@pytest.mark.parametrize("name", WAITED_FOR)
def test_a_supporter_waits_for_no_statement_that_reads_all_rows(context, name):
    if db.engine.dialect.name != "sqlite":
        return
    statement: Prepared = WAITED_FOR[name]
    compiled = statement.compiled_for(db.engine.dialect)
    values = ("x",) * len(compiled.parameters)

    connection = db.session.connection()
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled.text}", values).all()

    read = {step for *_, step in plan if step.startswith("SCAN")}
    assert read <= NEVER_RUN.get(name, set())


def test_a_statement_that_reads_all_rows_would_be_noticed(context):
    if db.engine.dialect.name != "sqlite":
        return
    plan = db.session.execute(text("EXPLAIN QUERY PLAN DELETE FROM pending WHERE source = 'x'")).all()

    assert [step for *_, step in plan if step.startswith("SCAN")]
