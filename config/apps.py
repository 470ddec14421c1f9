from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    label = "roof"

    def ready(self) -> None:
        from config import timesource  # noqa: PLC0415 - models are loaded only now
        from core import clock  # noqa: PLC0415

        clock.install_offset(timesource.offset)
