"""Alembic's entry point: runs the migrations on the connection of `upgrade`, in its transaction."""

from alembic import context

from md5_task_data.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
