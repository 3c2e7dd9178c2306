"""mails that bring an issued letter to an office

Revision ID: 0015
Revises: 0014
"""

from alembic import op


revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

KIND_IS_KNOWN = 'ck_outbox_kind_is_known'
KINDS_BEFORE = "kind IN ('confirm', 'remind', 'private-link', 'resend', 'operator-check', 'invitation', 'approval-notice', 'update')"
KINDS = "kind IN ('confirm', 'remind', 'private-link', 'resend', 'operator-check', 'invitation', 'approval-notice', 'update', 'letter')"


def upgrade() -> None:
    _hold_kinds_to(KINDS)


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE kind = 'letter'")
    _hold_kinds_to(KINDS_BEFORE)


def _hold_kinds_to(words: str) -> None:
    """Replace the CHECK on the outbox. No other table points at it, so SQLite may make it anew."""
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_constraint(op.f(KIND_IS_KNOWN), type_='check')
        batch_op.create_check_constraint(op.f(KIND_IS_KNOWN), words)
