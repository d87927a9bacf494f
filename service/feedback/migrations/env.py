"""Run by Alembic for the steps that a database lacks, within the transaction that it is handed."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
