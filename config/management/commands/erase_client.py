"""`manage.py erase_client`: what is stored about a client goes to a file for them, and then out of both databases (promises 57)."""

import json
import os
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from business.models import Client
from config import erasure
from core import clock
from drafts.document import DraftsUnavailable

OWNER_ONLY = 0o600


class Command(BaseCommand):
    help = "Exports everything about one client to a new JSON file and then erases it. Run it again when it was cut off."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--business", required=True, metavar="SLUG", help="The business, as in its booking page's address.")
        parser.add_argument("--client", required=True, type=int, metavar="ID", help="The client's id.")
        parser.add_argument("--export", required=True, type=Path, metavar="PATH", help="A file that does not exist yet.")

    def handle(self, *_: Any, **options: Any) -> None:
        client = Client.objects.select_related("business").filter(business__slug=options["business"], pk=options["client"]).first()
        if client is None:
            raise CommandError("This business has no such client.")
        now = clock.now()
        try:
            if erasure.is_erased(client=client):
                self.stdout.write("Erased before: nothing to export.")
            else:
                _write(options["export"], client, now)
                self.stdout.write(f"Exported to {options['export']}.")
        except DraftsUnavailable:
            raise CommandError("MongoDB cannot be read right now, so nothing was changed. Try again when it is back.") from None
        try:
            erasure.erase(client=client, now=now)
        except DraftsUnavailable:
            raise CommandError("MongoDB went away: the unfinished booking is still there. Run the same command again.") from None
        self.stdout.write(f"Client {client.pk} is erased.")


def _write(path: Path, client: Client, now: datetime) -> None:
    """Readable by the owner of the process alone. Raises CommandError when the file is there already or cannot be written."""
    text = json.dumps(erasure.export(client=client, now=now), cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w", encoding="utf-8") as file:
            file.write(text + "\n")
    except OSError as error:
        raise CommandError(f"Nothing was changed, because {path} cannot be written: {error.strerror}.") from None
