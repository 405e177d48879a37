"""What each kind computes, found by its name in `md5_service.worker.kinds`. A kind that processes a file in one go has the
verb `work`; one whose files are shared by several workers has `begin`, `part` and `close`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType

from md5_service.worker import kinds
from md5_service.worker.heartbeat import Beat
from md5_service.worker.job import Closing, Cut, Job, Means, Part, Rows
from md5_task_data.errors import CannotLoad
from md5_task_data.kinds.kind import Result
from md5_task_data.queue.leases import Claim
from md5_task_data.registry import KINDS, module_of

Outcome = Result | Rows | Cut


@dataclass(frozen=True)
class Verbs:
    """`begin` processes a file. `part` processes a part, if `begin` cut the file. `close` runs when all parts have finished."""

    begin: Callable[[Job], Outcome]
    part: Callable[[Part], Rows | Cut] | None = None
    close: Callable[[Closing], Rows] | None = None

    def do(self, claim: Claim, beat: Beat, means: Means) -> Outcome:
        """Do the work of this claim."""
        if claim.part is not None:
            assert self.part is not None, f"{claim.kind} cuts files, and has no verb `part`"
            return self.part(Part(claim, beat, means))
        if claim.parts_left is not None:
            assert self.close is not None, f"{claim.kind} cuts files, and has no verb `close`"
            return self.close(Closing(claim, beat, means))
        return self.begin(Job(claim, beat, means))


def load() -> Mapping[str, Verbs]:
    """The verbs of all kinds. Raises CannotLoad."""
    return {name: _verbs_of(name, module_of(kind, kinds.__name__)) for name, kind in KINDS.items()}


def _verbs_of(name: str, module: ModuleType) -> Verbs:
    if callable(getattr(module, "work", None)):
        return Verbs(module.work)
    if missing := [verb for verb in ("begin", "part", "close") if not callable(getattr(module, verb, None))]:
        raise CannotLoad(
            name, f"{module.__name__} has neither `work` nor {' and '.join(f'`{verb}`' for verb in missing)}"
        )
    return Verbs(module.begin, module.part, module.close)
