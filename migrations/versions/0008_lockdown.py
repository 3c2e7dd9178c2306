"""what is shut in an emergency, and what the worker still has to do for it

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('lockdown_order',
    sa.Column('part', sa.String(length=16), nullable=False),
    sa.Column('since', sa.DateTime(), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.CheckConstraint("part IN ('signing', 'names', 'purge', 'keys')", name=op.f('ck_lockdown_order_part_is_known')),
    sa.PrimaryKeyConstraint('part', name=op.f('pk_lockdown_order'))
    )


def downgrade() -> None:
    op.drop_table('lockdown_order')
