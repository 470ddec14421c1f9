"""The web server as shipped; gunicorn reads this file by itself when it starts in this folder."""

import os

bind = f"{os.environ.get('WEB_HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
preload_app = True  # loaded once: the workers share the memory, and the first visitor does not wait for imports
worker_class = "gthread"
# Few threads each: they share one interpreter lock, and in a rush every answer waited for it again and again.
workers = int(os.environ.get("WEB_CONCURRENCY", "3"))
threads = int(os.environ.get("WEB_THREADS", "2"))
timeout = 30
graceful_timeout = 10
keepalive = 5
max_requests = 10_000  # a slow leak never grows old
max_requests_jitter = 1_000
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112, S108 - heartbeats never wait for a disk
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
accesslog = None  # addresses hold resume links; the proxy in front may log without them
control_socket_disable = True
