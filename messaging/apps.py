from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from anymail.signals import tracking  # noqa: PLC0415 - models are loaded only now

        from messaging.webhooks import on_tracking  # noqa: PLC0415

        tracking.connect(on_tracking, dispatch_uid="messaging.on_tracking")
