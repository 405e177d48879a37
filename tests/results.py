"""Results that tests record."""

from pydantic import ConfigDict

from md5_task_data.kinds.kind import Result


class Found(Result):
    """Accepts anything."""

    model_config = ConfigDict(extra="allow")
