"""which office a reply to a letter came from

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op


revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('letter_reply', schema=None) as batch_op:
        batch_op.add_column(sa.Column('body_key', sa.String(length=64), server_default='', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('letter_reply', schema=None) as batch_op:
        batch_op.drop_column('body_key')
