"""The paths of the tests that mutants name."""


def data(*tests: str) -> tuple[str, ...]:
    return tuple(f"tests/data/{test}" for test in tests)


def api(*tests: str) -> tuple[str, ...]:
    return tuple(f"tests/api/{test}" for test in tests)


def cli(*tests: str) -> tuple[str, ...]:
    return tuple(f"tests/cli/{test}" for test in tests)
