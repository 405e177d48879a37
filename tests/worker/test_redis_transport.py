"""With Redis as the broker, kombu uses our transport."""

from pathlib import Path

from md5_service.broker import make_celery
from md5_service.redis_transport import Channel
from md5_service.settings import Settings
from tests.servers.valkey import Valkey


def test_what_was_fetched_is_never_written_to_a_file(valkey: Valkey, tmp_path: Path) -> None:
    nothing = {
        "database_url": f"sqlite:///{tmp_path}/none",
        "bucket_url": f"file://{tmp_path}",
        "log_path": tmp_path / "log",
    }
    app = make_celery(Settings.model_validate({"broker_url": valkey.url} | nothing))
    with app.connection_for_write() as connection:
        assert isinstance(connection.default_channel, Channel)
        assert not connection.default_channel.do_restore
