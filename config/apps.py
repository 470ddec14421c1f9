from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    label = "roof"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in  # noqa: PLC0415 - models are loaded only now

        from config import sessions, timesource  # noqa: PLC0415
        from core import clock  # noqa: PLC0415

        clock.install_offset(timesource.offset)
        user_logged_in.connect(sessions.remember_sign_in)
