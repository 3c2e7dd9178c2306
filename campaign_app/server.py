"""gunicorn's settings, read by `campaign serve`: few threads a worker, no access log, no control socket."""

from campaign_app.config import from_environment

_settings = from_environment()

_host = f"[{_settings.bind}]" if ":" in _settings.bind else _settings.bind

bind = f"{_host}:{_settings.port}"
worker_class = "campaign_app.web_worker.EvenWorker"
workers = _settings.web_workers
threads = _settings.web_threads
keepalive = 15
timeout = 30
graceful_timeout = 20
max_requests = 100_000
max_requests_jitter = 10_000
accesslog = None
errorlog = "-"
logger_class = "campaign_app.anonymous_logs.AnonymousLogger"
control_socket_disable = True
# Who is on this machine, or passes headers on to it, does not choose where our pages and forms lead.
forwarder_headers = ""
limit_request_line = 2_000
limit_request_field_size = 4_000
proc_name = "nidaa"
