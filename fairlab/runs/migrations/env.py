"""Where Alembic finds the connection; the transaction is the store's own."""

from alembic import context

from fairlab.runs.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
