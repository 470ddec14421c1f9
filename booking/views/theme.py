"""The business's accent as a style sheet: its address carries the colour, so browsers may keep it for a year."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from business import access
from business.colour import accent_tokens

KEEP = "public, max-age=31536000, immutable"


@require_safe
def theme(request: HttpRequest, slug: str) -> HttpResponse:
    """`--accent*` for light and dark, with contrast computed; nothing in it depends on the visitor."""
    business = access.access_business(slug)
    lines = "".join(f"    {name}: {value};\n" for name, value in accent_tokens(business.accent).items())
    response = HttpResponse(f"@layer tokens {{\n  :root {{\n{lines}  }}\n}}\n", content_type="text/css; charset=utf-8")
    response["Cache-Control"] = KEEP
    return response
