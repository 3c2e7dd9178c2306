"""when the sheets of signatures on paper were destroyed

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op


revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('outside_total', sa.Column('destroyed_on', sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column('outside_total', 'destroyed_on')
