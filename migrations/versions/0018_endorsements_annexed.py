"""whether a letter annexes the organisations that support its petition

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op


revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('letter', sa.Column('has_endorsements', sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    # Not a batch: that would make the table anew, and on SQLite rows of other tables point at it.
    op.drop_column('letter', 'has_endorsements')
