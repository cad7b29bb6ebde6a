"""Alembic's entry: one connection, given by `infra.schema.migrate`."""

from alembic import context

from umcloud.infra.schema import load_tables

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=load_tables(), transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
