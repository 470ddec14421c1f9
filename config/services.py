"""The house's own processes, each as it is shipped: web, worker and beat. `make run`, the tests and the bench start them here.

Production starts the same commands from docker-compose.yml.
"""

import contextlib
import http
import http.client
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from celery import Celery
from kombu.exceptions import OperationalError

from config.engines import HOST
from config.processes import Process

ROOT = Path(__file__).resolve().parent.parent
GUNICORN = ["gunicorn", "config.wsgi"]  # the rest stands in gunicorn.conf.py
WORKER = ["celery", "-A", "config", "worker", "-P", "threads", "-c", "4", "--without-mingle", "--without-gossip", "--without-heartbeat"]
BEAT = ["celery", "-A", "config", "beat", "--pidfile="]
WORKER_MONGO_TIMEOUT_MS = "5000"  # nobody waits for a worker; a page gives up much sooner (draft-lifecycle 2)

Environment = Mapping[str, str]


def web(*, port: int, env: Environment, log: Path | None) -> Process:
    """gunicorn on loopback, as in production. Its orphan signal ends its workers, too."""
    return Process(
        "web",
        _module(GUNICORN),
        log=log,
        env={**env, "PORT": str(port)},
        cwd=ROOT,
        ready=lambda: answers(port),
        orphan_signal=signal.SIGTERM,
    )


def development_web(*, port: int, env: Environment, log: Path | None) -> Process:
    """Django's own server, which starts again when a file changes. Its orphan signal ends the server under the reloader, too."""
    return Process(
        "web",
        _module(["config.devserver", f"{HOST}:{port}"]),
        log=log,
        env={**env, "PORT": str(port), "PYTHONUNBUFFERED": "1"},
        cwd=ROOT,
        ready=lambda: answers(port),
        orphan_signal=signal.SIGTERM,
    )


def worker(*, env: Environment, log: Path) -> Process:
    """The Celery worker that runs the sweeps; ready when it answers over the broker."""
    environment = {"MONGO_TIMEOUT_MS": WORKER_MONGO_TIMEOUT_MS, **env}
    process = Process("worker", _module(WORKER), log=log, env=environment, cwd=ROOT, ready=lambda: _listens(process, env["REDIS_URL"]))
    return process


def beat(*, env: Environment, log: Path) -> Process:
    """Celery's beat, which wakes the sweeps up; ready when it has said what it will do. Its schedule file lies beside its log."""
    environment = {**env, "BEAT_SCHEDULE_FILE": str(log.with_name("beat-schedule")), "PYTHONUNBUFFERED": "1"}
    process = Process("beat", _module(BEAT), log=log, env=environment, cwd=ROOT, ready=lambda: "maxinterval" in process.output())
    return process


def preparation(*, env: Environment, log: Path) -> Process:
    """Migrations, draft indexes and demo data, to be `complete`d; it speaks to the terminal, the details go to `log`."""
    return Process("Preparing the databases", _module(["config.prepare", str(log)]), env=env, cwd=ROOT)


def command(*words: str, env: Environment, log: Path) -> Process:
    """One `manage.py` command, to be `complete`d."""
    return Process(f"manage.py {words[0]}", [sys.executable, "manage.py", *words], log=log, env=env, cwd=ROOT)


def answers(port: int) -> bool:
    """Whether the web server on this loopback port says that it lives."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _listens(worker: Process, redis_url: str) -> bool:
    """Whether this very worker answers: others may listen on the same broker."""
    with Celery(broker=redis_url, set_as_current=False) as app, contextlib.suppress(OperationalError):
        replies = app.control.broadcast("stats", reply=True, timeout=0.5) or []
        return any(stats["pid"] == worker.pid for reply in replies for stats in reply.values())
    return False


def _module(words: list[str]) -> list[str]:
    """The command run by this very interpreter, whatever is on the path."""
    return [sys.executable, "-m", *words]
