"""Let whoever was taken out sign again: the row of a signature that comes back gets a new key, and this one follows it.

Revision ID: 0012
Revises: 0011
"""

from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

NAME = 'fk_invalidated_signature_signature_id_signature'


def upgrade() -> None:
    _point_at_signatures(onupdate='CASCADE')


def downgrade() -> None:
    _point_at_signatures(onupdate=None)


def _point_at_signatures(onupdate: str | None) -> None:
    with op.batch_alter_table('invalidated_signature', schema=None) as batch_op:
        batch_op.drop_constraint(op.f(NAME), type_='foreignkey')
        batch_op.create_foreign_key(op.f(NAME), 'signature', ['signature_id'], ['id'], ondelete='CASCADE', onupdate=onupdate)
