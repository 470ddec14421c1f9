"""Finding a client by what staff type."""

from django.db.models import Q

from business.models import Business, Client

MOST_MATCHES = 8


def find_clients(*, business: Business, text: str, most: int = MOST_MATCHES) -> list[Client]:
    """Up to `most` clients whose names begin with each word typed, or who have the phone or the e-mail address typed; nobody for ""."""
    words = text.split()[:4]
    if not words:
        return []
    named = Q()
    for word in words:
        named &= Q(first_name__istartswith=word) | Q(last_name__istartswith=word)
    found = named | Q(email__iexact=text.strip())
    digits = "".join(letter for letter in text if letter.isdecimal()).lstrip("0")
    if len(digits) >= 4:
        found |= Q(phone__endswith=digits)
    return list(Client.objects.filter(found, business=business).order_by("last_name", "first_name", "id")[:most])
