"""The embedded servers: complete when they answer, whole again after every way of ending."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.database_roles import bootstrap
from config.local.errors import ServiceFailed
from config.local.home import Home
from config.local.postgres import Postgres
from config.local.stack import RunningServices, start_services
from config.local.start import prove_vectors
from config.local.valkey import Valkey

pytestmark = pytest.mark.process
ONCE = Retry(NoBackoff(), 0)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServices]:
    with start_services(tmp_path_factory.mktemp("a home") / "with spaces", model=False) as services:
        yield services


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.prepare()
    return home


@pytest.fixture
def owned(services: RunningServices) -> Iterator[RunningServices]:
    """A table of the owner's, as a migration leaves it."""
    with psycopg.connect(services.migrate_database_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE thing (id bigint GENERATED ALWAYS AS IDENTITY, name text)")
        yield services
        owner.execute("DROP TABLE thing")


def test_app_role_reads_and_writes(owned: RunningServices) -> None:
    with psycopg.connect(owned.database_url) as app:
        app.execute("INSERT INTO thing (name) VALUES ('a')")
        app.execute("UPDATE thing SET name = 'b'")
        assert app.execute("SELECT name FROM thing").fetchall() == [("b",)]
        app.execute("DELETE FROM thing")


@pytest.mark.parametrize(
    "statement", ["TRUNCATE thing", "DROP TABLE thing", "CREATE TABLE other (id int)", "CREATE EXTENSION unaccent"]
)
def test_app_role_owns_nothing(owned: RunningServices, statement: str) -> None:
    with psycopg.connect(owned.database_url) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(statement)


def test_roles_have_no_more_than_they_need(services: RunningServices) -> None:
    with psycopg.connect(services.superuser_url) as superuser:
        rows = superuser.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles "
            "WHERE rolname IN ('lintel_app', 'lintel_owner') ORDER BY rolname"
        ).fetchall()
    assert rows == [("lintel_app", False, False, False, False), ("lintel_owner", False, False, True, False)]


def test_new_database_is_complete(services: RunningServices) -> None:
    """As a test run makes one: by the owner, from template1."""
    with psycopg.connect(services.migrate_database_url, autocommit=True) as owner:
        owner.execute("CREATE DATABASE another")
        with psycopg.connect(services.migrate_database_url, dbname="another", autocommit=True) as inside:
            inside.execute("CREATE TABLE thing (place vector(3))")
        with psycopg.connect(services.database_url, dbname="another") as app:
            app.execute("INSERT INTO thing VALUES ('[1,2,3]')")
        owner.execute("DROP DATABASE another")


def test_bootstrap_may_be_repeated(services: RunningServices) -> None:
    bootstrap(services.superuser_url, services.postgres._roles())


def test_strangers_need_a_password(services: RunningServices) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"postgresql://lintel_app@127.0.0.1:{services.postgres.port}/lintel")
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=services.valkey.port or 0, retry=ONCE).ping()


def test_vectors_are_proved(services: RunningServices) -> None:
    prove_vectors(services.database_url)


def test_unusable_vectors_are_named(services: RunningServices) -> None:
    without = services.superuser_url.replace("/postgres", "/template0x")
    with pytest.raises(ServiceFailed, match="vector"):
        prove_vectors(without)


def test_postgres_returns_on_its_port(services: RunningServices) -> None:
    port = services.postgres.port
    services.postgres.kill()
    services.postgres.start()
    assert services.postgres.port == port
    psycopg.connect(services.database_url).close()


def test_valkey_keeps_its_keys_over_a_kill(services: RunningServices) -> None:
    client = redis.Redis.from_url(services.redis_url)
    client.set("kept", "yes")
    client.waitaof(1, 0, 2000)
    services.valkey.kill()
    services.valkey.start()
    assert client.get("kept") == b"yes"


def test_valkey_never_evicts(services: RunningServices) -> None:
    policy = redis.Redis.from_url(services.redis_url).config_get("maxmemory-policy")
    assert policy == {"maxmemory-policy": "noeviction"}


def test_flushed_valkey_is_empty(services: RunningServices) -> None:
    client = redis.Redis.from_url(services.redis_url)
    client.set("gone", "yes")
    services.valkey.flush()
    assert client.get("gone") is None


def test_paused_server_hangs_until_resumed(services: RunningServices) -> None:
    client = redis.Redis.from_url(services.redis_url, socket_timeout=0.3, retry=ONCE)
    services.valkey.pause()
    with pytest.raises(redis.TimeoutError):
        client.ping()
    services.valkey.resume()
    assert client.ping()


def test_unfinished_cluster_is_made_anew(home: Home) -> None:
    """As after a kill in the middle of initdb."""
    (home.postgres / "data.new").mkdir()
    (home.postgres / "data.new" / "PG_VERSION").write_text("18\n")
    postgres = Postgres(home)
    postgres.start()
    psycopg.connect(postgres.url).close()
    postgres.stop()
    assert not (home.postgres / "data.new").exists()
    assert not (home.postgres / "superuser-password").exists()


def test_lock_of_a_recycled_pid_is_no_obstacle(home: Home) -> None:
    """As after a reboot, when the pid in the lock file belongs to somebody else."""
    postgres = Postgres(home)
    postgres.start()
    postgres.kill()
    (postgres.data / "postmaster.pid").write_text("1\n/elsewhere\n")
    postgres.start()
    postgres.stop()


def test_failing_server_shows_its_log(home: Home) -> None:
    valkey = Valkey(home)
    valkey.start()
    valkey.stop()
    for file in (home.valkey / "appendonlydir").glob("*.manifest"):
        file.write_text("nonsense\n")
    with pytest.raises(ServiceFailed, match=r"valkey ended with code 1; .*valkey\.log ends with"):
        valkey.start()
