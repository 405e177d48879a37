"""What the kinds of tests find out."""

from pydantic import ConfigDict

from md5_task_data.kinds.kind import Result


class Found(Result):
    """Whatever it is given."""

    model_config = ConfigDict(extra="allow")
