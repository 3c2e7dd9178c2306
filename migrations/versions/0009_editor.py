"""who wrote a text and whether it only corrects; news as drafts; words to avoid, edited here

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('petition_text', schema=None) as batch_op:
        batch_op.add_column(sa.Column('written_by', sa.String(length=64), server_default='', nullable=False))
        batch_op.add_column(sa.Column('is_correction', sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table('petition_update', schema=None) as batch_op:
        batch_op.alter_column('published_on', existing_type=sa.Date(), nullable=True)
    op.create_table('avoided_words',
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('entries', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('language', name=op.f('pk_avoided_words'))
    )


def downgrade() -> None:
    op.drop_table('avoided_words')
    op.execute('DELETE FROM petition_update WHERE published_on IS NULL')  # a draft has no place in the older table
    with op.batch_alter_table('petition_update', schema=None) as batch_op:
        batch_op.alter_column('published_on', existing_type=sa.Date(), nullable=False)
    with op.batch_alter_table('petition_text', schema=None) as batch_op:
        batch_op.drop_column('is_correction')
        batch_op.drop_column('written_by')
