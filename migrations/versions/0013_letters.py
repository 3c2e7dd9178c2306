"""letters: written, frozen, their documents, how they were delivered and what was answered

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op


revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('letter',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('petition_id', sa.Integer(), nullable=True),
    sa.Column('template', sa.String(length=64), nullable=False),
    sa.Column('template_version', sa.Integer(), nullable=False),
    sa.Column('body_key', sa.String(length=64), nullable=False),
    sa.Column('body_month', sa.Date(), nullable=True),
    sa.Column('languages', sa.JSON(), nullable=False),
    sa.Column('texts', sa.JSON(), nullable=False),
    sa.Column('typed', sa.JSON(), nullable=False),
    sa.Column('parts', sa.JSON(), nullable=False),
    sa.Column('signatory', sa.JSON(), nullable=False),
    sa.Column('visibility', sa.String(length=16), nullable=False),
    sa.Column('way', sa.String(length=16), nullable=True),
    sa.Column('embargo_until', sa.DateTime(), nullable=True),
    sa.Column('has_names', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('batch', sa.String(length=32), server_default='', nullable=False),
    sa.Column('corrects_id', sa.Integer(), nullable=True),
    sa.Column('written_by', sa.String(length=64), nullable=False),
    sa.Column('written_at', sa.DateTime(), nullable=False),
    sa.Column('edited_at', sa.DateTime(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=True),
    sa.Column('number', sa.Integer(), nullable=True),
    sa.Column('reference', sa.String(length=16), nullable=True),
    sa.Column('code', sa.String(length=32), nullable=True),
    sa.Column('frozen', sa.Text(), nullable=True),
    sa.Column('frozen_sha256', sa.String(length=64), nullable=True),
    sa.Column('issued_at', sa.DateTime(), nullable=True),
    sa.Column('how', sa.String(length=16), nullable=True),
    sa.Column('sent_at', sa.DateTime(), nullable=True),
    sa.Column('reminded', sa.Integer(), server_default='0', nullable=False),
    sa.Column('closed_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint("kind IN ('letter', 'numbers-sheet')", name=op.f('ck_letter_kind_is_known')),
    sa.CheckConstraint("state IN ('draft', 'issued', 'sent', 'acknowledged', 'answered', 'declined', 'overdue', 'closed', 'withdrawn')", name=op.f('ck_letter_state_is_known')),
    sa.CheckConstraint("visibility IN ('public', 'verify-only', 'confidential')", name=op.f('ck_letter_visibility_is_known')),
    sa.CheckConstraint("way IN ('mail', 'post', 'hand', 'form')", name=op.f('ck_letter_way_is_known')),
    sa.ForeignKeyConstraint(['corrects_id'], ['letter.id'], name=op.f('fk_letter_corrects_id_letter')),
    sa.ForeignKeyConstraint(['petition_id'], ['petition.id'], name=op.f('fk_letter_petition_id_petition')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter')),
    sa.UniqueConstraint('key', name=op.f('uq_letter_key')),
    sa.UniqueConstraint('reference', name=op.f('uq_letter_reference')),
    sa.UniqueConstraint('year', 'number', name=op.f('uq_letter_year_number'))
    )
    with op.batch_alter_table('letter', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_letter_batch'), ['batch'], unique=False)
        batch_op.create_index(batch_op.f('ix_letter_body_key'), ['body_key'], unique=False)
        batch_op.create_index(batch_op.f('ix_letter_petition_id'), ['petition_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_letter_state'), ['state'], unique=False)

    op.create_table('letter_batch',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=32), nullable=False),
    sa.Column('petition_id', sa.Integer(), nullable=False),
    sa.Column('template', sa.String(length=64), nullable=False),
    sa.Column('body_month', sa.Date(), nullable=False),
    sa.Column('languages', sa.JSON(), nullable=False),
    sa.Column('made_by', sa.String(length=64), nullable=False),
    sa.Column('made_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['petition_id'], ['petition.id'], name=op.f('fk_letter_batch_petition_id_petition')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_batch')),
    sa.UniqueConstraint('key', name=op.f('uq_letter_batch_key'))
    )
    op.create_table('letter_delivery',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('letter_id', sa.Integer(), nullable=False),
    sa.Column('body_key', sa.String(length=64), nullable=False),
    sa.Column('is_copy', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('way', sa.String(length=16), nullable=False),
    sa.Column('sent_to', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('sha256', sa.JSON(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('trouble', sa.Text(), nullable=False),
    sa.Column('made_by', sa.String(length=64), nullable=False),
    sa.Column('made_at', sa.DateTime(), nullable=False),
    sa.Column('changed_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint("state IN ('queued', 'left', 'bounced', 'failed', 'received')", name=op.f('ck_letter_delivery_state_is_known')),
    sa.CheckConstraint("way IN ('mail', 'post', 'hand', 'form')", name=op.f('ck_letter_delivery_way_is_known')),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_delivery_letter_id_letter')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_delivery'))
    )
    with op.batch_alter_table('letter_delivery', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_letter_delivery_letter_id'), ['letter_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_letter_delivery_state'), ['state'], unique=False)

    op.create_table('letter_file',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('letter_id', sa.Integer(), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('media_type', sa.String(length=100), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size_bytes', sa.BigInteger(), nullable=False),
    sa.Column('replaced', sa.JSON(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_file_letter_id_letter')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_file')),
    sa.UniqueConstraint('letter_id', 'name', name=op.f('uq_letter_file_letter_id_name'))
    )
    with op.batch_alter_table('letter_file', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_letter_file_letter_id'), ['letter_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_letter_file_sha256'), ['sha256'], unique=False)

    op.create_table('letter_reply',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('letter_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('is_published', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('consent_note', sa.Text(), nullable=False),
    sa.Column('file_name', sa.String(length=120), server_default='', nullable=False),
    sa.Column('media_type', sa.String(length=100), server_default='', nullable=False),
    sa.Column('sha256', sa.String(length=64), server_default='', nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.Column('filed_by', sa.String(length=64), nullable=False),
    sa.Column('filed_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint("kind IN ('acknowledgement', 'answer', 'refusal')", name=op.f('ck_letter_reply_kind_is_known')),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_reply_letter_id_letter')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_reply'))
    )
    with op.batch_alter_table('letter_reply', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_letter_reply_letter_id'), ['letter_id'], unique=False)

    op.create_table('letter_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('letter_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('texts', sa.JSON(), nullable=False),
    sa.Column('typed', sa.JSON(), nullable=False),
    sa.Column('parts', sa.JSON(), nullable=False),
    sa.Column('written_by', sa.String(length=64), nullable=False),
    sa.Column('written_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_version_letter_id_letter')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_version')),
    sa.UniqueConstraint('letter_id', 'version', name=op.f('uq_letter_version_letter_id_version'))
    )
    with op.batch_alter_table('letter_version', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_letter_version_letter_id'), ['letter_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('letter_version', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_letter_version_letter_id'))

    op.drop_table('letter_version')
    with op.batch_alter_table('letter_reply', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_letter_reply_letter_id'))

    op.drop_table('letter_reply')
    with op.batch_alter_table('letter_file', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_letter_file_sha256'))
        batch_op.drop_index(batch_op.f('ix_letter_file_letter_id'))

    op.drop_table('letter_file')
    with op.batch_alter_table('letter_delivery', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_letter_delivery_state'))
        batch_op.drop_index(batch_op.f('ix_letter_delivery_letter_id'))

    op.drop_table('letter_delivery')
    op.drop_table('letter_batch')
    with op.batch_alter_table('letter', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_letter_state'))
        batch_op.drop_index(batch_op.f('ix_letter_petition_id'))
        batch_op.drop_index(batch_op.f('ix_letter_body_key'))
        batch_op.drop_index(batch_op.f('ix_letter_batch'))

    op.drop_table('letter')
