"""a petition keeps the day it was handed over, and how much news there was at its last step

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('petition', schema=None) as batch_op:
        batch_op.add_column(sa.Column('delivered_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('news_at_step', sa.Integer(), server_default='0', nullable=False))


def downgrade() -> None:
    # Not a batch: that would make the table anew, and on SQLite rows of other tables point at it.
    op.drop_column('petition', 'news_at_step')
    op.drop_column('petition', 'delivered_on')
